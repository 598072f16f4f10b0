import type { Region } from "../async/byte_source.ts";
import type { HandlerName } from "../metrics/metrics.ts";

/** Header names as they go on the wire (`Docker-Content-Digest`); a list is sent as repeated lines. */
export type ReplyHeaders = Readonly<Record<string, string | number | readonly string[]>>;

/** What a reply can carry: text or bytes that are at hand, a region of a blob, several pieces, or a stream. */
export type ReplyBody =
  | string
  | Uint8Array<ArrayBuffer>
  | { readonly region: Region }
  | { readonly stream: AsyncIterable<Uint8Array<ArrayBuffer>> };

/**
 * One request and its answer. Not a web Request (whose URL is rebuilt from Host) and not node's: the listener alone
 * knows node:http, and tests answer an Exchange of their own without a socket.
 */
export interface Exchange {
  /** A UUID, the same in the answer to a 500 and in the log. */
  readonly id: string;
  readonly method: string;
  /** The request target exactly as it was sent: `/v2/a/b/tags/list?n=5`. */
  readonly target: string;
  /** IP address of the peer, `@` on a unix socket. */
  readonly remoteAddress: string;
  /** `1.1` or `1.0`. */
  readonly httpVersion: string;
  /** True when the request came over TLS. */
  readonly secure: boolean;
  /** Aborted when the client leaves before the answer is complete. */
  readonly signal: AbortSignal;
  /** A request header by lower-case name; repeated lines are joined by ", ". */
  header(name: string): string | undefined;
  /** Content-Length as declared; undefined when there is none (no body, or a chunked one). */
  readonly contentLength: number | undefined;
  /**
   * The chunks of the body, pulled: nothing is read from the socket before the first `next()`, which also answers
   * `Expect: 100-continue`. Whoever takes a chunk owns it. Rejects with ClientGoneError when the client breaks off, and with
   * StalledError when nothing arrived within the configured time.
   */
  body(): AsyncIterable<Uint8Array<ArrayBuffer>>;
  /** Adds a header to whatever reply is sent, error replies included. */
  addHeader(name: string, value: string | readonly string[]): void;
  /** Cuts the connection: the only honest end of an answer that cannot be completed. */
  destroy(): void;
  /** Whether an answer has begun. */
  readonly replied: boolean;
  /** What it is about, by distribution's name of the handler; set by the API, for metrics. */
  resource?: HandlerName | undefined;
  /** Subject of the client's certificate, when TLS asked for one and it was given; for the log. */
  readonly clientSubject?: string | undefined;
  /** Status of the answer, 0 before it. */
  readonly status: number;
  /** Bytes of the request's body taken so far. */
  readonly bytesReceived: number;
  /** Bytes of body sent so far. */
  readonly bytesSent: number;
  /** Fields that the log line of this exchange shall carry (error code and detail, repository, …). */
  note(fields: Readonly<Record<string, string | number | undefined>>): void;
  /** What was noted. */
  readonly notes: Readonly<Record<string, string | number | undefined>>;
  /**
   * Answers, once. To a HEAD the headers go out without the body (and a region's source is closed). Content-Length is set from
   * the body when it is known and not given. Resolves when the body was handed over or the client has gone.
   */
  reply(status: number, headers: ReplyHeaders, body?: ReplyBody): Promise<void>;
}

/** Answers one exchange. What it throws is rendered by the pipeline. */
export type Handler = (exchange: Exchange) => Promise<void>;

/** The client broke off before its request was complete; there is nobody to answer. */
export class ClientGoneError extends Error {
  override readonly name = "ClientGoneError";
}

/** The client stopped sending for longer than the configured limit. */
export class StalledError extends Error {
  override readonly name = "StalledError";
}
