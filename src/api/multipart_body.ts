import type { ByteSource } from "../async/byte_source.ts";
import type { ByteRange, MultipartFrame } from "../http/range.ts";

/** Bytes read at a time. */
const STEP = 256 * 1024;

/** The body of a multipart/byteranges answer, read as it is asked for. The source stays the caller's to close. */
export async function* multipartBody(
  frame: MultipartFrame,
  ranges: readonly ByteRange[],
  source: ByteSource,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  for (const [i, { start, end }] of ranges.entries()) {
    yield encoder.encode(frame.heads[i]);
    for (let at = start; at < end;) {
      const chunk = new Uint8Array(Math.min(STEP, end - at));
      const read = await source.read(chunk, at);
      if (read === 0) throw new Error(`Cannot read the blob at ${at}: it ends before ${end}`);
      yield chunk.subarray(0, read);
      at += read;
    }
  }
  yield encoder.encode(frame.tail);
}
