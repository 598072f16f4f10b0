/** Deepest nesting of brackets outside of strings, without parsing: to be asked before a parser that recurses is given the text. */
export function jsonDepth(bytes: Uint8Array): number {
  let level = 0;
  let deepest = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === 0x22) {
      for (i++; i < bytes.length && bytes[i] !== 0x22; i++) if (bytes[i] === 0x5c) i++;
    } else if (byte === 0x7b || byte === 0x5b) {
      if (++level > deepest) deepest = level;
    } else if (byte === 0x7d || byte === 0x5d) level--;
  }
  return deepest;
}
