import type { Clock } from "../async/clock.ts";
import type { Timers } from "../async/timers.ts";
import type { Logger } from "../log/logger.ts";
import type { Digest } from "../oci/digest.ts";
import type { RepositoryName } from "../oci/reference.ts";
import type { Registry } from "../registry/registry.ts";
import type { CacheStore } from "./cache_store.ts";
import type { FillMetrics } from "./fill_metrics.ts";
import type { Upstream } from "./upstream.ts";

/** What fills are made of. */
export interface FillParts {
  /** What is here already. */
  readonly local: Registry;
  readonly store: CacheStore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly metrics: FillMetrics;
}

/** Which blob is to be fetched, whence, and what for. */
export interface FillRequest {
  readonly upstream: Upstream;
  /** The repository as upstream calls it. */
  readonly remote: RepositoryName;
  /** … and as it is kept. */
  readonly kept: RepositoryName;
  readonly digest: Digest;
  /** In bytes, as a manifest names it. */
  readonly size: number | undefined;
}

const REASONS = {
  abandoned: "nobody waits for the blob any more",
  removed: "the blob was removed as soon as it was there",
  stopping: "the server is stopping",
} as const;

/** Why a fill ends before its blob is whole, when nobody is to blame. */
export class FillEnded extends Error {
  override readonly name = "FillEnded";
  constructor(readonly why: "abandoned" | "removed" | "stopping") {
    super(REASONS[why]);
  }
}

export function isAbandoned(error: unknown): boolean {
  return error instanceof FillEnded && error.why === "abandoned";
}

/** Whether the blob is here after all: somebody else's fill may just have ended. */
export async function isHere(local: Registry, { kept, digest }: FillRequest): Promise<boolean> {
  try {
    // a stat may tell what was so a second ago
    (await local.repository(kept).blobs.open(digest)).source.close();
    return true;
  } catch {
    return false; // a store that cannot even tell will not take the blob either, and that is told then
  }
}

/** The local store could not take it; `cause` is its error. */
export class StoreFailure extends Error {
  override readonly name = "StoreFailure";
  constructor(override readonly cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause));
  }
}

/** What the store is asked for, its failures told apart from upstream's. */
export async function stored<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new StoreFailure(error);
  }
}
