import { LRUCache } from "lru-cache";
import { countBounded } from "../async/count_bounded.ts";
import { SingleFlight } from "../async/single_flight.ts";
import type { Reference, RepositoryName } from "../oci/reference.ts";
import type { Listing, Page, Registry, Repository, Sight } from "../registry/registry.ts";
import { BlobFetcher, CachedBlobs } from "./cached_blobs.ts";
import { CachedManifests } from "./cached_manifests.ts";
import type { CachedPlace, CachedUpstream } from "./cached_place.ts";
import type { CacheParts } from "./cache_parts.ts";
import { CachedReferrers } from "./cached_referrers.ts";
import { CachedTags, type TagFlights } from "./cached_tags.ts";
import { closedRepository } from "./closed_repository.ts";
import { Freshness } from "./freshness.ts";
import { ManifestFetcher } from "./manifest_fetcher.ts";
import { pushBeside } from "./push_beside.ts";

/** Repository objects kept between requests; they hold no state of their own. */
const CACHED_REPOSITORIES = 1_000;

/** A registry that fills itself from those elsewhere. A repository whose name no upstream owns is the local one. */
export class CachedRegistry implements Registry {
  readonly #manifests: ManifestFetcher;
  readonly #freshness: Freshness;
  readonly #blobs: BlobFetcher;
  readonly #tags: TagFlights = new SingleFlight();
  readonly #repositories = new LRUCache<RepositoryName, Repository>(
    countBounded(CACHED_REPOSITORIES),
  );

  constructor(private readonly parts: CacheParts) {
    this.#manifests = new ManifestFetcher(parts);
    this.#freshness = new Freshness(parts, this.#manifests);
    this.#blobs = new BlobFetcher(parts, this.#manifests.sizes);
  }

  repository(name: RepositoryName): Repository {
    const { local, namespaces } = this.parts;
    const owner = namespaces.owner(name);
    if (owner === undefined) return local.repository(name);
    let repository = this.#repositories.get(name);
    if (repository === undefined) {
      repository = this.#make(name, owner);
      this.#repositories.set(name, repository);
    }
    return repository;
  }

  /** What is here; what upstreams have beyond that, nobody can list. */
  repositories(page: Page, sight?: Sight): Promise<Listing<RepositoryName>> {
    return this.parts.local.repositories(page, sight);
  }

  /** Resolves when upstream is being asked for nothing. (Fills have an end of their own.) */
  async idle(): Promise<void> {
    await Promise.all([
      ...[this.#manifests.idle(), this.#freshness.idle(), this.#blobs.idle()],
      this.#tags.idle(),
    ]);
  }

  #make(name: RepositoryName, owner: CachedUpstream): Repository {
    const { marks } = this.parts;
    const local = this.parts.local.repository(name);
    const remote = this.parts.namespaces.remoteName(owner, name);
    const cached = owner.allows(remote)
      ? this.#cached({ name, remote, owner, local })
      : closedRepository(name, this.#forget(local));
    return marks === undefined ? cached : pushBeside({ local, cached, marks });
  }

  #cached(place: CachedPlace): Repository {
    return {
      name: place.name,
      manifests: new CachedManifests(
        place,
        this.#manifests,
        this.#freshness,
        this.#forget(place.local),
      ),
      blobs: new CachedBlobs(place, this.#blobs, this.parts),
      tags: new CachedTags(place, this.parts, this.#tags),
      referrers: new CachedReferrers(place, this.parts),
    };
  }

  #forget(local: Repository): (reference: Reference) => Promise<void> {
    const { forgetting } = this.parts;
    return (reference) =>
      forgetting === undefined
        ? local.manifests.delete(reference)
        : forgetting.forget(local, reference);
  }
}
