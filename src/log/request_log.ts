import type { Fields, Logger } from "./logger.ts";

/** What the line tells of a request; an Exchange has it all (log may not know http). */
export interface LoggedRequest {
  readonly id: string;
  readonly method: string;
  readonly target: string;
  /** Of the client's certificate. */
  readonly clientSubject?: string | undefined;
  header(name: string): string | undefined;
}

/** A request and how it ended. */
export interface CompletedRequest {
  readonly exchange: LoggedRequest;
  /** Of the client, as proxies tell it: see clientAddress() of http/forwarded.ts. */
  readonly remoteAddress: string;
  readonly status: number;
  readonly durationMs: number;
  /** Of the body that was sent. */
  readonly bytes: number;
  /** Content-Type of the answer. */
  readonly contentType?: string | undefined;
  /** What was noted on the exchange: `err.*`, `vars.*`, `auth.user.name`. */
  readonly notes?: Fields | undefined;
  /** What the handler threw, if it did. */
  readonly error?: unknown;
}

/**
 * Writes the line of a request as registry:3 does: an answer with an error is `response completed with error` on level error, even a
 * 404; another 2xx or 3xx `response completed` on level info. Nothing for what isn't the API's: `/`, redirects, plain-text refusals.
 */
export function logCompleted(logger: Logger, request: CompletedRequest): void {
  if (request.error !== undefined || request.notes?.["err.code"] !== undefined) {
    if (!logger.enabled("error")) return;
    logger.error("response completed with error", {
      ...requestFields(request),
      ...errorFields(request),
    });
  } else if (isAnswer(request)) {
    if (logger.enabled("info")) logger.info("response completed", requestFields(request));
  }
}

function isAnswer({ status, exchange }: CompletedRequest): boolean {
  return status >= 200 && status < 400 && status !== 301 && exchange.target.includes("/v2/");
}

/** The fields of the line, by distribution's names (internal/dcontext/http.go), and those that were noted. */
export function requestFields(request: CompletedRequest): Fields {
  const { exchange, notes } = request;
  const fields = {
    "http.request.contenttype": exchange.header("content-type"),
    "http.request.host": exchange.header("host"),
    "http.request.id": exchange.id,
    "http.request.method": exchange.method,
    "http.request.referer": exchange.header("referer"),
    "http.request.remoteaddr": request.remoteAddress,
    "http.request.uri": exchange.target,
    "http.request.useragent": exchange.header("user-agent"),
    "http.response.contenttype": request.contentType,
    "http.response.duration": durationText(request.durationMs),
    "http.response.status": request.status,
    "http.response.written": request.bytes,
    "tls.client.subject": exchange.clientSubject,
  };
  // Most requests note nothing, and a spread would double the cost of this.
  for (const _name in notes) return { ...fields, ...notes };
  return fields;
}

/** distribution tells the code in lower case with spaces: `manifest unknown`. */
function errorFields({ notes, error }: CompletedRequest): Fields {
  const code = String(notes?.["err.code"] ?? "UNKNOWN").toLowerCase().replaceAll("_", " ");
  const message = notes?.["err.message"] ??
    (error instanceof Error ? error.message : String(error));
  return { "err.code": code, "err.message": message };
}

/** As Go's time.Duration prints itself: `655.598µs`, `1.5ms`, `2m3.25s`. */
export function durationText(ms: number): string {
  const nanoseconds = Math.max(0, Math.round(ms * 1e6));
  if (nanoseconds === 0) return "0s";
  if (nanoseconds < 1e3) return `${nanoseconds}ns`;
  if (nanoseconds < 1e6) return `${nanoseconds / 1e3}µs`;
  if (nanoseconds < 1e9) return `${nanoseconds / 1e6}ms`;
  const minutes = Math.floor(nanoseconds / 6e10);
  const seconds = `${(nanoseconds - minutes * 6e10) / 1e9}s`;
  if (minutes === 0) return seconds;
  return minutes < 60
    ? `${minutes}m${seconds}`
    : `${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}`;
}
