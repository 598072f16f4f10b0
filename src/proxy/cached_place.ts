import type { RepositoryName } from "../oci/reference.ts";
import type { Repository } from "../registry/registry.ts";
import type { Namespace } from "./namespaces.ts";
import type { Upstream } from "./upstream.ts";

/** An upstream and how it is cached. Times in milliseconds. */
export interface CachedUpstream extends Namespace {
  readonly upstream: Upstream;
  /** From the last use on; 0: never. */
  readonly ttl: number;
  /** For how long a tag is believed without asking upstream; 0: not at all. */
  readonly tagfreshness: number;
  /** Whether it may be asked for this repository, as it calls it. */
  allows(remote: RepositoryName): boolean;
}

/** A repository of an upstream, here and there. */
export interface CachedPlace {
  /** As it is kept. */
  readonly name: RepositoryName;
  /** As upstream calls it. */
  readonly remote: RepositoryName;
  readonly owner: CachedUpstream;
  /** What is kept of it. */
  readonly local: Repository;
}
