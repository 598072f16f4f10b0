import type { Clock } from "../async/clock.ts";
import type { Timers } from "../async/timers.ts";
import type { Logger } from "../log/logger.ts";
import type { Digest } from "../oci/digest.ts";
import type { Reference, RepositoryName } from "../oci/reference.ts";
import type { OpenBlob, Registry, Repository } from "../registry/registry.ts";
import type { CacheMetrics } from "./cache_metrics.ts";
import type { CacheStore } from "./cache_store.ts";
import type { CachedUpstream } from "./cached_place.ts";
import type { PushedMarks } from "./push_beside.ts";
import type { Namespaces } from "./namespaces.ts";
import type { Upstream } from "./upstream.ts";

/** What a cache is made of. */
export interface CacheParts {
  /** What is here, whether pushed or fetched. */
  readonly local: Registry;
  readonly store: CacheStore;
  readonly namespaces: Namespaces<CachedUpstream>;
  readonly fills: BlobFills;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly metrics: CacheMetrics;
  /** Which repositories below an upstream's names a push has made. Absent: nobody can push there. */
  readonly marks?: PushedMarks | undefined;
  /** Absent: a forgotten manifest goes, and what only it names stays until it expires. */
  readonly forgetting?: Forgets | undefined;
}

/** What DELETE does to what is cached. */
export interface Forgets {
  /** @throws RegistryError MANIFEST_UNKNOWN */
  forget(local: Repository, reference: Reference): Promise<void>;
}

/** Fetches blobs, each once for all who want it. */
export interface BlobFills {
  /**
   * @param size as a manifest names it
   * @param signal of the client, who may leave before upstream has answered
   * @throws UpstreamError; RegistryError BLOB_UNKNOWN when upstream answers 404; the signal's reason
   */
  open(
    upstream: Upstream,
    remote: RepositoryName,
    kept: RepositoryName,
    digest: Digest,
    size?: number,
    signal?: AbortSignal,
  ): Promise<OpenBlob>;
}
