import { SingleFlight } from "../async/single_flight.ts";
import type { Digest } from "../oci/digest.ts";
import type { BlobInfo, BlobStore, Client, OpenBlob, UploadSession } from "../registry/registry.ts";
import type { CacheParts } from "./cache_parts.ts";
import type { CachedPlace } from "./cached_place.ts";
import type { KnownSizes } from "./known_sizes.ts";
import { NegativeCache } from "./negative_cache.ts";
import { keepsBlobs, readsOnly } from "./read_only.ts";
import { refusalOf } from "./refusals.ts";
import { isUnknown, orUndefined, unknownBlob } from "./unknown.ts";
import { UpstreamError } from "./upstream.ts";

/** Blobs of all upstreams that are not here. */
export class BlobFetcher {
  readonly #sizes = new SingleFlight<number>();
  readonly #missing: NegativeCache;

  constructor(private readonly parts: CacheParts, private readonly known: KnownSizes) {
    this.#missing = new NegativeCache(parts.clock);
  }

  /** Asks upstream for its size, and for no byte of it. */
  async size(place: CachedPlace, digest: Digest): Promise<number> {
    const key = this.#keyOfMissing(place, digest);
    const { owner: { upstream }, remote } = place;
    return await this.#refusing(key, digest, () =>
      this.#sizes.run(key, async () => {
        const size = await onceMore(() => upstream.blobSize(remote, digest));
        if (size === undefined) throw unknownBlob(digest);
        return size;
      }));
  }

  /** Joins whoever is fetching it. */
  async open(place: CachedPlace, digest: Digest, client?: Client): Promise<OpenBlob> {
    const key = this.#keyOfMissing(place, digest);
    const { owner: { upstream }, remote, name } = place;
    const size = this.known.get(name, digest);
    const blob = await this.#refusing(
      key,
      digest,
      () =>
        onceMore(() => this.parts.fills.open(upstream, remote, name, digest, size, client?.signal)),
    );
    this.parts.metrics.miss(upstream.name, "blob", blob.size);
    return blob;
  }

  idle(): Promise<void> {
    return this.#sizes.idle();
  }

  /** @throws RegistryError BLOB_UNKNOWN, when upstream has just said so */
  #keyOfMissing({ name }: CachedPlace, digest: Digest): string {
    const key = `${name}@${digest}`;
    if (this.#missing.has(key)) throw unknownBlob(digest);
    return key;
  }

  async #refusing<T>(key: string, digest: Digest, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof UpstreamError) throw refusalOf(error);
      if (!isUnknown(error)) throw error;
      this.#missing.add(key);
      throw unknownBlob(digest);
    }
  }
}

/** The blobs of one repository: from here when they are here. */
export class CachedBlobs implements BlobStore {
  constructor(
    private readonly place: CachedPlace,
    private readonly blobs: BlobFetcher,
    private readonly parts: CacheParts,
  ) {}

  async stat(digest: Digest): Promise<BlobInfo> {
    return await orUndefined(this.place.local.blobs.stat(digest)) ??
      { digest, size: await this.blobs.size(this.place, digest) };
  }

  async open(digest: Digest, client?: Client): Promise<OpenBlob> {
    const here = await orUndefined(this.place.local.blobs.open(digest));
    if (here === undefined) return await this.blobs.open(this.place, digest, client);
    this.parts.metrics.hit(this.place.owner.upstream.name, "blob", here.size);
    return here;
  }

  delete(): Promise<void> {
    return Promise.reject(keepsBlobs(this.place.owner));
  }

  startUpload(): Promise<UploadSession> {
    return Promise.reject(readsOnly(this.place.owner));
  }

  resumeUpload(): Promise<UploadSession> {
    return Promise.reject(readsOnly(this.place.owner));
  }

  mount(): Promise<BlobInfo | undefined> {
    return Promise.reject(readsOnly(this.place.owner));
  }
}

/** An upstream's hiccup must not cost a client its pull: older podman gives up on the first 5xx of a blob. */
async function onceMore<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UpstreamError && error.kind === "failing") return await work();
    throw error;
  }
}
