/** Why something was forgotten: nobody used it for its ttl, the cache is larger than maxsize, the disk has less than minfreespace. */
export type EvictionReason = "ttl" | "maxsize" | "minfreespace";

/** What is told of the cache's size. */
export interface EvictionMetrics {
  /** Of all that was fetched, data shared by several images counted once. In bytes. */
  size(bytes: number): void;
  /** @param bytes that were freed */
  evicted(reason: EvictionReason, images: number, bytes: number): void;
}

export const noEvictionMetrics: EvictionMetrics = { size: () => {}, evicted: () => {} };
