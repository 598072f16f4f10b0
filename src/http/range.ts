/** A part of a representation: bytes `start` (inclusive) to `end` (exclusive). Never empty. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * What a Range header asks for. `unsatisfiable`: well-formed, but all of it lies past the end. `invalid`: not a range of bytes;
 * distribution answers both with 416, the latter without Content-Range.
 */
export type RangeResult =
  | { readonly kind: "whole" }
  | { readonly kind: "ranges"; readonly ranges: readonly ByteRange[] }
  | { readonly kind: "unsatisfiable" }
  | { readonly kind: "invalid" };

/** More ranges than this are answered with the whole: nobody but an attacker asks for them (RFC 9110 section 14.2). */
const MAX_RANGES = 100;

const SPEC = /^(\d*)-(\d*)$/;

/**
 * RFC 9110 section 14.1.2, with the freedoms taken as Go's http.ServeContent takes them: ranges that together are longer than the
 * whole are answered with the whole, so is every range of an empty one; ranges are neither sorted nor merged.
 * @param header value of Range
 * @param size of the representation, in bytes
 */
export function parseRange(header: string, size: number): RangeResult {
  if (header === "") return { kind: "whole" };
  if (!/^bytes=/i.test(header)) return { kind: "invalid" };
  const ranges: ByteRange[] = [];
  let count = 0;
  let sum = 0;
  for (const element of header.slice("bytes=".length).split(",")) {
    const spec = element.trim();
    if (spec === "") continue; // RFC 9110 section 5.6.1.2: empty elements of a list don't count
    if (++count > MAX_RANGES) return { kind: "whole" };
    const range = parseSpec(spec, size);
    if (range === undefined) return { kind: "invalid" };
    if (range.start >= range.end) continue;
    ranges.push(range);
    sum += range.end - range.start;
  }
  if (count === 0 || size === 0 || sum > size) return { kind: "whole" };
  return ranges.length === 0 ? { kind: "unsatisfiable" } : { kind: "ranges", ranges };
}

/**
 * @returns the range cut at the size, empty when nothing of it exists; undefined when it is none. Numbers beyond what a double
 * holds exactly, or at all, are past any end.
 */
function parseSpec(spec: string, size: number): ByteRange | undefined {
  const [, first = "", last = ""] = SPEC.exec(spec) ?? [];
  if (first === "") {
    return last === "" ? undefined : { start: Math.max(0, size - Number(last)), end: size };
  }
  const start = Number(first);
  if (last === "") return { start, end: size };
  return Number(last) < start ? undefined : { start, end: Math.min(size, Number(last) + 1) };
}

/** What surrounds the content of several ranges in a body of type multipart/byteranges (RFC 9110 section 14.6). */
export interface MultipartFrame {
  readonly contentType: string;
  /** The text before each range, in their order. */
  readonly heads: readonly string[];
  readonly tail: string;
  /** Of the whole body, in bytes. */
  readonly length: number;
}

/**
 * @param boundary ASCII, something that the content cannot know
 * @param size of the whole representation, in bytes
 * @param type its media type, ASCII
 */
export function frameRanges(
  ranges: readonly ByteRange[],
  boundary: string,
  size: number,
  type: string,
): MultipartFrame {
  const heads = ranges.map(({ start, end }, i) =>
    `${i === 0 ? "" : "\r\n"}--${boundary}\r\n` +
    `Content-Range: bytes ${start}-${end - 1}/${size}\r\nContent-Type: ${type}\r\n\r\n`
  );
  const tail = `\r\n--${boundary}--\r\n`;
  const length = ranges.reduce(
    (sum, { start, end }, i) => sum + (heads[i]?.length ?? 0) + end - start,
    tail.length,
  );
  return { contentType: `multipart/byteranges; boundary=${boundary}`, heads, tail, length };
}
