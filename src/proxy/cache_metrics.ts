import type { UpstreamFailure } from "./upstream.ts";

/** What a cache tells of itself, by the name of the upstream. */
export interface CacheMetrics {
  /** It was here, and upstream had no byte to send. @param bytes of all of it */
  hit(upstream: string, kind: "manifest" | "blob", bytes: number): void;
  /** It had to be fetched, and upstream has it. @param bytes of all of it */
  miss(upstream: string, kind: "manifest" | "blob", bytes: number): void;
  /** Something cached was served because upstream could not be asked. */
  stale(upstream: string, why: UpstreamFailure): void;
  /** A manifest was served without being kept: the store would not take it. */
  unkept(upstream: string): void;
}

export const NO_CACHE_METRICS: CacheMetrics = {
  hit: () => {},
  miss: () => {},
  stale: () => {},
  unkept: () => {},
};
