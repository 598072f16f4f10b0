/** One value of DER (X.690). */
export interface Der {
  readonly tag: number;
  readonly content: Uint8Array;
}

/** The values that lie one after the other in `bytes`. @throws RangeError when one does not fit */
export function readDer(bytes: Uint8Array): Der[] {
  const values: Der[] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = byteAt(bytes, at++);
    let length = byteAt(bytes, at++);
    if (length >= 0x80) {
      const count = length & 0x7f;
      if (count === 0 || count > 4) throw new RangeError("Cannot read DER: bad length");
      length = 0;
      for (let i = 0; i < count; i++) length = length * 256 + byteAt(bytes, at++);
    }
    if (at + length > bytes.length) throw new RangeError("Cannot read DER: value is cut off");
    values.push({ tag, content: bytes.subarray(at, at + length) });
    at += length;
  }
  return values;
}

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new RangeError("Cannot read DER: value is cut off");
  return byte;
}

/** Dotted text of an object identifier: `2.5.4.3`. */
export function readOid(content: Uint8Array): string {
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of content) {
    arc = arc * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    arcs.push(arc);
    arc = 0;
  }
  const [first = 0, ...rest] = arcs;
  const top = Math.min(2, Math.floor(first / 40));
  return [top, first - 40 * top, ...rest].join(".");
}
