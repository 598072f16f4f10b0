import { LRUCache } from "lru-cache";
import { countBounded } from "../async/count_bounded.ts";
import type { Clock } from "../async/clock.ts";
import { KeyedLock } from "../async/keyed_lock.ts";
import { KeyedMutex } from "../async/keyed_mutex.ts";
import { SingleFlight } from "../async/single_flight.ts";
import type { RepositoryName } from "../oci/reference.ts";
import type { StorageDriver } from "../storage/driver.ts";
import { BlobData } from "./blob_data.ts";
import { Catalog } from "./catalog.ts";
import { Folders } from "./folders.ts";
import type { OnLookup } from "./fresh_cache.ts";
import { Links } from "./links.ts";
import { LocalBlobs } from "./local_blobs.ts";
import { type CacheParts, LocalCache } from "./local_cache.ts";
import { LocalManifests, type MediaTypes } from "./local_manifests.ts";
import { type Built, LocalReferrers } from "./local_referrers.ts";
import { LocalTags } from "./local_tags.ts";
import type { ManifestPolicy } from "./manifest_policy.ts";
import type { Listing, Page, Registry, Repository, Sight } from "./registry.ts";
import { Trash } from "./trash.ts";
import { Uploads } from "./uploads.ts";

/** Repository objects kept between requests; they hold no state of their own. */
const CACHED_REPOSITORIES = 1_000;
const CACHED_MEDIA_TYPES = 50_000;

export interface LocalRegistryOptions {
  readonly driver: StorageDriver;
  readonly policy: ManifestPolicy;
  readonly clock: Clock;
  /** Told of each look into what is remembered of links and of blobs, for metrics. */
  readonly onLookup?: OnLookup;
}

interface LocalRepository extends Repository, CacheParts {
  readonly manifests: LocalManifests;
  readonly tags: LocalTags;
}

/** Keeps everything in the tree of a StorageDriver; what it has in memory can be lost at any time. */
export class LocalRegistry implements Registry {
  readonly #links: Links;
  readonly #data: BlobData;
  readonly #uploads: Uploads;
  readonly #folders: Folders;
  readonly #catalog: Catalog;
  /** Repositories that may hold a blob for a mount. */
  readonly #holders: Catalog;
  readonly #mediaTypes: MediaTypes = new LRUCache(countBounded(CACHED_MEDIA_TYPES));
  readonly #tagMutex = new KeyedMutex();
  readonly #revisionLock = new KeyedLock();
  readonly #built = new LRUCache<RepositoryName, Built>(countBounded(CACHED_REPOSITORIES));
  readonly #building = new SingleFlight<void>();
  readonly #repositories = new LRUCache<RepositoryName, LocalRepository>(
    countBounded(CACHED_REPOSITORIES),
  );
  readonly #policy: ManifestPolicy;
  /** What a cache does to it, beyond the Registry interface. */
  readonly cache: LocalCache;

  constructor({ driver, policy, clock, onLookup }: LocalRegistryOptions) {
    const trash = new Trash(driver);
    this.#links = new Links(driver, trash, clock, onLookup);
    this.#data = new BlobData(driver, trash, clock, onLookup);
    this.#uploads = new Uploads(driver, this.#data, this.#links, clock);
    this.#folders = new Folders(driver, clock);
    this.#catalog = new Catalog(this.#folders, "_manifests");
    this.#holders = new Catalog(this.#folders, "_layers");
    this.#policy = policy;
    this.cache = new LocalCache(this.#data, this.#links, (name) => this.#parts(name));
  }

  repository(name: RepositoryName): Repository {
    return this.#parts(name);
  }

  #parts(name: RepositoryName): LocalRepository {
    let repository = this.#repositories.get(name);
    if (repository === undefined) {
      repository = this.#make(name);
      this.#repositories.set(name, repository);
    }
    return repository;
  }

  repositories(page: Page, sight?: Sight): Promise<Listing<RepositoryName>> {
    return this.#catalog.list(page, sight);
  }

  /** Gives back open upload files. The driver belongs to the caller. */
  close(): Promise<void> {
    return this.#uploads.close();
  }

  #make(name: RepositoryName): LocalRepository {
    const tags = new LocalTags(name, this.#links, this.#folders, this.#tagMutex);
    const referrers = new LocalReferrers(
      name,
      this.#data,
      this.#links,
      this.#built,
      this.#building,
    );
    const anyRepository = async (limit: number, sight: Sight | undefined) =>
      (await this.#holders.list({ limit, last: "" }, sight)).entries;
    return {
      name,
      tags,
      referrers,
      blobs: new LocalBlobs(name, this.#data, this.#links, this.#uploads, anyRepository),
      manifests: new LocalManifests(
        name,
        this.#data,
        this.#links,
        tags,
        referrers,
        this.#policy,
        this.#mediaTypes,
        this.#revisionLock,
      ),
    };
  }
}
