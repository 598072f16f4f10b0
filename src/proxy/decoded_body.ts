import { type HttpAnswer, join } from "./http_answer.ts";

/** Bytes that go into the decoder at a time: what comes out of them is at most a thousand times as much. */
const SLICE = 1_024;

/**
 * The body of an answer that was asked for as it is, and which some upstreams send compressed all the same. Undefined: it is longer
 * than `limit`, or in an encoding that is none.
 * @throws what reading the answer throws
 */
export async function readDecoded(
  answer: HttpAnswer,
  limit: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const announced = Number(answer.headers.get("content-length") ?? 0);
  if (announced > limit) return undefined;
  const encoded = await readUpTo(answer.chunks(), limit);
  const encoding = encodingOf(answer);
  if (encoded === undefined || encoding === undefined) return encoded;
  const format = FORMATS.get(encoding);
  return format && await decode(encoded, format, limit);
}

/** Undefined: none. */
export function encodingOf(answer: HttpAnswer): string | undefined {
  const encoding = answer.headers.get("content-encoding")?.trim().toLowerCase() ?? "";
  return encoding === "" || encoding === "identity" ? undefined : encoding;
}

const FORMATS: ReadonlyMap<string, CompressionFormat> = new Map([
  ["gzip", "gzip"],
  ["x-gzip", "gzip"],
  ["deflate", "deflate"],
]);

async function decode(
  bytes: Uint8Array<ArrayBuffer>,
  format: CompressionFormat,
  limit: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const slices = function* () {
    for (let at = 0; at < bytes.byteLength; at += SLICE) yield bytes.subarray(at, at + SLICE);
  };
  const decoded = ReadableStream.from(slices()).pipeThrough(new DecompressionStream(format));
  try {
    return await readUpTo(decoded, limit);
  } catch {
    return undefined; // not what it said it was
  }
}

async function readUpTo(
  chunks: AsyncIterable<Uint8Array<ArrayBuffer>>,
  limit: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.byteLength;
    if (length > limit) return undefined;
    parts.push(chunk);
  }
  return join(parts, length);
}
