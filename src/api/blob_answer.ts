import { ifMatchNames, ifNoneMatchNames, ifRangeNames } from "../http/conditional.ts";
import type { Exchange, ReplyHeaders } from "../http/exchange.ts";
import { type ByteRange, frameRanges, type MultipartFrame, parseRange } from "../http/range.ts";
import type { Digest } from "../oci/digest.ts";
import { TEXT_HEADERS } from "./plain_answer.ts";

const TYPE = "application/octet-stream";
// What a digest names never changes.
const FOR_EVER = "max-age=31536000";

/** Status and headers of an answer, and which part of the blob makes its body. */
export interface BlobAnswer {
  readonly status: number;
  readonly headers: ReplyHeaders;
  readonly region?: ByteRange;
  readonly parts?: { readonly frame: MultipartFrame; readonly ranges: readonly ByteRange[] };
  /** The body of a refusal. */
  readonly text?: string;
}

export function isConditional(exchange: Exchange): boolean {
  return exchange.header("if-none-match") !== undefined ||
    exchange.header("if-match") !== undefined;
}

/** 412 or 304 when If-Match or If-None-Match say so (RFC 9110 section 13.2.2); undefined otherwise. Dates are ignored. */
export function answerCondition(exchange: Exchange, digest: Digest): BlobAnswer | undefined {
  const etag = `"${digest}"`;
  const mustMatch = exchange.header("if-match");
  if (mustMatch !== undefined && !ifMatchNames(mustMatch, etag)) {
    return { status: 412, headers: { ...namedBy(digest), "Content-Length": 0 } };
  }
  const known = exchange.header("if-none-match");
  if (known === undefined || !ifNoneMatchNames(known, etag)) return undefined;
  return { status: 304, headers: { ...namedBy(digest), "Cache-Control": FOR_EVER } };
}

/**
 * What to answer to a GET or HEAD of a blob of `size` bytes: all of it, one range, several, or 416 (Go's http.ServeContent, which
 * knows ranges for HEAD too). Other than v3's, the 416 keeps its ETag.
 */
export function answerContent(exchange: Exchange, digest: Digest, size: number): BlobAnswer {
  const asked = exchange.header("range");
  if (asked === undefined || !isStillCurrent(exchange, digest)) return whole(digest, size);
  const range = parseRange(asked, size);
  switch (range.kind) {
    case "whole":
      return whole(digest, size);
    case "invalid":
      return refusal(digest, {}, "invalid range\n");
    case "unsatisfiable":
      return refusal(
        digest,
        { "Content-Range": `bytes */${size}` },
        "invalid range: failed to overlap\n",
      );
    case "ranges":
      return ranges(exchange.id, digest, size, range.ranges);
  }
}

/** If-Range: the exact ETag, or the whole blob. */
function isStillCurrent(exchange: Exchange, digest: Digest): boolean {
  const condition = exchange.header("if-range");
  return condition === undefined || ifRangeNames(condition, `"${digest}"`);
}

function whole(digest: Digest, size: number): BlobAnswer {
  return {
    status: 200,
    headers: contentHeaders(digest, TYPE, size),
    region: { start: 0, end: size },
  };
}

/** @param boundary a UUID that no stored content can know */
function ranges(
  boundary: string,
  digest: Digest,
  size: number,
  ranges: readonly ByteRange[],
): BlobAnswer {
  const [only] = ranges;
  if (only === undefined) return whole(digest, size);
  if (ranges.length > 1) {
    const frame = frameRanges(ranges, boundary, size, TYPE);
    const headers = contentHeaders(digest, frame.contentType, frame.length);
    return { status: 206, headers, parts: { frame, ranges } };
  }
  const { start, end } = only;
  const headers = {
    ...contentHeaders(digest, TYPE, end - start),
    "Content-Range": `bytes ${start}-${end - 1}/${size}`,
  };
  return { status: 206, headers, region: only };
}

function refusal(digest: Digest, headers: ReplyHeaders, text: string): BlobAnswer {
  return { status: 416, headers: { ...TEXT_HEADERS, ...namedBy(digest), ...headers }, text };
}

function contentHeaders(digest: Digest, type: string, length: number): ReplyHeaders {
  return {
    "Content-Type": type,
    "Content-Length": length,
    "Docker-Content-Digest": digest,
    Etag: `"${digest}"`,
    "Cache-Control": FOR_EVER,
    "Accept-Ranges": "bytes",
  };
}

function namedBy(digest: Digest): ReplyHeaders {
  return { "Docker-Content-Digest": digest, Etag: `"${digest}"` };
}
