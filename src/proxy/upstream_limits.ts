/** Every wait for an upstream has an end, and everything it sends a bound. Times in milliseconds, sizes in bytes. */
export interface UpstreamLimits {
  /** Until a connection must stand. */
  readonly connect: number;
  /** Until the head of an answer must come, each redirect counted anew. */
  readonly firstByte: number;
  /** Until the head of the last answer to one question must come, tokens and redirects included. */
  readonly head: number;
  /** A body that brings nothing for so long is given up. */
  readonly stall: number;
  /** For the whole answer to a small request (tag, manifest, size of a blob, a page of a list), tokens and redirects included. */
  readonly answer: number;
  /** For a whole list of tags or referrers. */
  readonly list: number;
  /** That a credential helper may run. */
  readonly helper: number;
  readonly manifest: number;
  /** One page of a list. */
  readonly page: number;
  readonly pages: number;
  /** Tags or referrers of one list. */
  readonly entries: number;
  /** Of a blob of which nobody knows the size. */
  readonly blob: number;
  /** Connections for blobs at a time, and for everything else. */
  readonly transfers: number;
  readonly requests: number;
}

export const UPSTREAM_LIMITS: UpstreamLimits = {
  connect: 5_000,
  firstByte: 30_000,
  head: 60_000,
  stall: 30_000,
  answer: 10_000,
  list: 30_000,
  helper: 10_000,
  manifest: 4 * 1024 * 1024,
  page: 8 * 1024 * 1024,
  pages: 500,
  entries: 500_000,
  blob: 2 ** 40,
  transfers: 64,
  requests: 32,
};
