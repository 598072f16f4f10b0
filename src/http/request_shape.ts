import type { IncomingMessage } from "node:http";

/** Longest request target; a repository name, a digest and a query of ours fit many times. */
const LONGEST_TARGET = 8 * 1024;
const MOST_HEADERS = 100;

/** Why a request is refused before anything looks at it. */
export interface Refusal {
  readonly status: number;
  readonly reason: string;
}

/**
 * Refuses what two parsers could understand differently (request smuggling, RFC 9112 section 11.2) and what node's parser lets
 * through. Everything here is answered and the connection closed.
 */
export function refuseShape(request: IncomingMessage): Refusal | undefined {
  const target = request.url ?? "";
  const version = request.httpVersion;
  if (version !== "1.1" && version !== "1.0") {
    return { status: 505, reason: "this is a server for HTTP/1.1" };
  }
  if (target.length > LONGEST_TARGET) {
    return { status: 414, reason: `the target is longer than ${LONGEST_TARGET} bytes` };
  }
  // Absolute form is for proxies; the host in it would be another than Host.
  if (!target.startsWith("/") && !(target === "*" && request.method === "OPTIONS")) {
    return { status: 400, reason: "the target must be a path" };
  }
  return refuseHeaders(request.rawHeaders, version);
}

function refuseHeaders(raw: readonly string[], version: string): Refusal | undefined {
  if (raw.length > 2 * MOST_HEADERS) {
    return { status: 431, reason: `more than ${MOST_HEADERS} headers` };
  }
  let hosts = 0;
  let lengths = 0;
  let encodings = 0;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] ?? "";
    // Only names of these lengths need a closer look.
    if (name.length === 4 && name.toLowerCase() === "host") hosts++;
    else if (name.length === 14 && name.toLowerCase() === "content-length") {
      lengths++;
      if (!/^\d{1,15}$/.test(raw[i + 1] ?? "")) {
        return { status: 400, reason: "Content-Length must be a number" };
      }
    } else if (name.length === 17 && name.toLowerCase() === "transfer-encoding") {
      encodings++;
      if ((raw[i + 1] ?? "").toLowerCase() !== "chunked") {
        return { status: 501, reason: "the only Transfer-Encoding is chunked" };
      }
    }
  }
  if (hosts > 1 || (hosts === 0 && version !== "1.0")) {
    return { status: 400, reason: "exactly one Host header is needed" };
  }
  if (lengths > 1 || encodings > 1 || lengths + encodings > 1) {
    return { status: 400, reason: "the length of the body is given more than once" };
  }
  if (encodings > 0 && version === "1.0") {
    return { status: 400, reason: "HTTP/1.0 has no Transfer-Encoding" };
  }
  return undefined;
}
