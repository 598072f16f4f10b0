/** The resource that a request is about, by distribution's names of its handlers; `referrers` is ours. */
export type HandlerName =
  | "base"
  | "blob"
  | "blob_upload"
  | "blob_upload_chunk"
  | "catalog"
  | "manifest"
  | "referrers"
  | "tags";

/** How a request on a route ended. Sizes are bytes of bodies. */
export interface RequestFigures {
  readonly method: string;
  readonly status: number;
  readonly seconds: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
}

/** How credentials were found right or wrong: from memory, by a check, or not at all because too many waited. */
export type CredentialOutcome = "remembered" | "checked" | "wrong" | "refused";

/** What is counted and timed, by what happened; prometheus.ts knows the names that it gets outside. Nothing here throws. */
export interface Metrics {
  requestStarted(handler: HandlerName): void;
  requestEnded(handler: HandlerName, figures: RequestFigures): void;
  /** @param action by distribution's names: GetContent, PutContent, Stat, List, Move, Delete */
  storageAction(action: string, seconds: number): void;
  /** Something was looked for in the memory of what the storage holds: links, and sizes of blobs. */
  cacheLookup(isHit: boolean): void;
  credentials(outcome: CredentialOutcome): void;
  /** Files read again: `htpasswd`, `tls`, `token`. */
  reloaded(what: string, isGood: boolean): void;
  /** @param expires in milliseconds since 1970 */
  certificate(path: string, expires: number): void;
  /** A TLS handshake that came to nothing. */
  handshakeFailed(): void;
}

/** Without http.debug.prometheus nobody asks, and nothing is counted. */
export const NO_METRICS: Metrics = {
  requestStarted: () => {},
  requestEnded: () => {},
  storageAction: () => {},
  cacheLookup: () => {},
  credentials: () => {},
  reloaded: () => {},
  certificate: () => {},
  handshakeFailed: () => {},
};
