export type JsonObject = Readonly<Record<string, unknown>>;

/** More than any document of a registry needs; JSON.parse of a deeper one costs memory out of proportion. */
const MAX_DEPTH = 100;

/** The object that the bytes hold; undefined when they hold none, or one that is nested too deep. */
export function parseObject(bytes: Uint8Array): JsonObject | undefined {
  if (depth(bytes) > MAX_DEPTH) return undefined;
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Deepest nesting of brackets outside of strings. */
function depth(bytes: Uint8Array): number {
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
