import { SingleFlight } from "../async/single_flight.ts";
import type { Digest } from "../oci/digest.ts";
import type { StoredManifest } from "../registry/registry.ts";
import type { CacheParts } from "./cache_parts.ts";
import type { CachedPlace } from "./cached_place.ts";
import { isComplete } from "./completeness.ts";
import { KnownSizes } from "./known_sizes.ts";
import { LastUse } from "./last_use.ts";
import { NegativeCache } from "./negative_cache.ts";
import { orUndefined, unknownManifest } from "./unknown.ts";
import type { FetchedManifest } from "./upstream.ts";
import { verifyManifest } from "./verify_manifest.ts";

/** A manifest that is to be answered. */
export interface Obtained {
  readonly manifest: StoredManifest;
  /** False: the store would not take it. */
  readonly kept: boolean;
}

/** Manifests by digest: what is here, or else what upstream sends, verified and kept. */
export class ManifestFetcher {
  readonly sizes = new KnownSizes();
  readonly #flights = new SingleFlight<Obtained>();
  readonly #missing: NegativeCache;
  readonly #uses: LastUse;

  constructor(private readonly parts: CacheParts) {
    this.#missing = new NegativeCache(parts.clock);
    this.#uses = new LastUse(parts.store, parts.clock);
  }

  /** What is here; counts as a use of it. */
  async local(place: CachedPlace, digest: Digest): Promise<StoredManifest | undefined> {
    const manifest = await orUndefined(place.local.manifests.get({ kind: "digest", digest }));
    if (manifest === undefined) return undefined;
    this.sizes.learn(place.name, manifest);
    await this.#uses.note(place, digest);
    return manifest;
  }

  /**
   * Asks upstream only for what isn't here.
   * @param sent what upstream has sent already, when it was asked for something else
   * @throws UpstreamError; RegistryError MANIFEST_UNKNOWN
   */
  async obtain(place: CachedPlace, digest: Digest, sent?: FetchedManifest): Promise<Obtained> {
    const { metrics } = this.parts;
    const { name } = place.owner.upstream;
    const manifest = await this.local(place, digest);
    if (manifest !== undefined) {
      metrics.hit(name, "manifest", manifest.bytes.length);
      return { manifest, kept: true };
    }
    const key = `${place.name}@${digest}`;
    if (sent === undefined && this.#missing.has(key)) throw unknownManifest(place.name, digest);
    return await this.#flights.run(key, async () => {
      const fetched = sent ?? await this.#fetch(place, digest);
      this.#missing.delete(key);
      const obtained = await this.#keep(place, digest, fetched);
      metrics.miss(name, "manifest", fetched.bytes.length);
      return obtained;
    });
  }

  /** As obtain, of what upstream has just named; undefined when it answers 404 all the same. */
  async find(
    place: CachedPlace,
    digest: Digest,
    sent?: FetchedManifest,
  ): Promise<Obtained | undefined> {
    this.#missing.delete(`${place.name}@${digest}`);
    return await orUndefined(this.obtain(place, digest, sent));
  }

  /** What is here, when a client can pull all of it. */
  async complete(place: CachedPlace, digest: Digest): Promise<StoredManifest | undefined> {
    const manifest = await this.local(place, digest);
    if (manifest === undefined) return undefined;
    return await isComplete(place.local, manifest) ? manifest : undefined;
  }

  /** Resolves when nothing is being fetched. */
  idle(): Promise<void> {
    return this.#flights.idle();
  }

  async #fetch({ name, remote, owner }: CachedPlace, digest: Digest): Promise<FetchedManifest> {
    const fetched = await owner.upstream.manifest(remote, { kind: "digest", digest });
    if (fetched !== undefined) return fetched;
    this.#missing.add(`${name}@${digest}`);
    throw unknownManifest(name, digest);
  }

  async #keep(place: CachedPlace, digest: Digest, fetched: FetchedManifest): Promise<Obtained> {
    const { name, owner } = place;
    const { mediaType, bytes } = fetched;
    await verifyManifest(owner.upstream.name, digest, fetched);
    const manifest: StoredManifest = { digest, mediaType, bytes };
    this.sizes.learn(name, manifest);
    try {
      await this.parts.store.keepManifest(name, { digest, mediaType, bytes });
      await this.#uses.note(place, digest);
      return { manifest, kept: true };
    } catch (error) {
      // The client wants an image, not our disk: it gets it, and the next one asks upstream again.
      const { logger, metrics } = this.parts;
      metrics.unkept(owner.upstream.name);
      logger.warn(`${name}@${digest} cannot be kept: ${reasonOf(error)}`, { repository: name });
      return { manifest, kept: false };
    }
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
