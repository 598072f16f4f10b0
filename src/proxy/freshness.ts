import { LATE, within } from "../async/timers.ts";
import type { Digest } from "../oci/digest.ts";
import type { Tag } from "../oci/reference.ts";
import type { StoredManifest } from "../registry/registry.ts";
import type { CacheParts } from "./cache_parts.ts";
import type { CachedPlace } from "./cached_place.ts";
import type { CachedTag } from "./cache_store.ts";
import { FailureLog } from "./failure_log.ts";
import type { ManifestFetcher } from "./manifest_fetcher.ts";
import { NegativeCache } from "./negative_cache.ts";
import { refusalOf } from "./refusals.ts";
import { TagCheck } from "./tag_check.ts";
import { unknownTag } from "./unknown.ts";
import { UpstreamError } from "./upstream.ts";

/** Who has waited so long for a check gets what is cached, and the check goes on. */
const PATIENCE_MS = 2_500;
/** No tag is waited for longer: docker, containerd and podman wait for ever (reference/pull_through.md 3). */
const LONGEST_MS = 10_000;

/** Finds out what tags point at now (reference/pull_through.md 5): one check of a tag at a time, for all who ask. */
export class Freshness {
  readonly #checks = new Map<string, TagCheck>();
  readonly #missing: NegativeCache;
  readonly #log: FailureLog;

  constructor(private readonly parts: CacheParts, private readonly manifests: ManifestFetcher) {
    this.#missing = new NegativeCache(parts.clock);
    this.#log = new FailureLog(parts.logger, parts.clock);
  }

  /** @throws RegistryError MANIFEST_UNKNOWN, or a refusal of the status table */
  async current(place: CachedPlace, tag: Tag): Promise<StoredManifest> {
    const cached = await this.parts.store.tag(place.name, tag);
    if (cached !== undefined && this.#isFresh(place, cached)) {
      const manifest = await this.manifests.local(place, cached.digest);
      if (manifest !== undefined) {
        this.parts.metrics.hit(place.owner.upstream.name, "manifest", manifest.bytes.length);
        return manifest;
      }
    }
    if (this.#missing.has(`${place.name}:${tag}`)) throw unknownTag(tag);
    return await this.#answer(place, this.#check(place, tag, cached));
  }

  /** Resolves when nothing is being checked. */
  async idle(): Promise<void> {
    while (this.#checks.size > 0) {
      await Promise.allSettled([...this.#checks.values()].map((check) => check.answer));
    }
  }

  #isFresh({ owner }: CachedPlace, { checkedAt }: CachedTag): boolean {
    const age = this.parts.clock.now() - checkedAt;
    return age >= 0 && age < owner.tagfreshness; // what was checked in the future is a clock that was set back
  }

  #check(place: CachedPlace, tag: Tag, cached: CachedTag | undefined): TagCheck {
    const key = `${place.name}:${tag}`;
    const running = this.#checks.get(key);
    if (running !== undefined) return running;
    const answer = this.#ask(place, tag, cached).finally(() => this.#checks.delete(key));
    const check = new TagCheck(
      answer,
      async () => cached && await this.manifests.complete(place, cached.digest),
      (error, isStale) =>
        this.#log.tell(error, place.name, `${key} is ${isStale ? "served as cached" : "refused"}`),
    );
    this.#checks.set(key, check);
    return check;
  }

  async #answer({ owner }: CachedPlace, check: TagCheck): Promise<StoredManifest> {
    const { timers } = this.parts;
    const late = (waited: number) =>
      new UpstreamError(
        owner.upstream.name,
        "timeout",
        `it had not answered within ${waited / 1000} s`,
      );
    try {
      const soon = await within(timers, PATIENCE_MS, check.answer);
      if (soon !== LATE) return soon;
      const stale = await this.#stale(check, late(PATIENCE_MS));
      if (stale !== undefined) return stale;
      const answer = await within(timers, LONGEST_MS - PATIENCE_MS, check.answer);
      if (answer !== LATE) return answer;
      throw late(LONGEST_MS);
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      const stale = await this.#stale(check, error);
      if (stale !== undefined) return stale;
      throw refusalOf(error);
    }
  }

  async #stale(check: TagCheck, error: UpstreamError): Promise<StoredManifest | undefined> {
    const stale = await check.staleBecause(error);
    if (stale !== undefined) this.parts.metrics.stale(error.upstream, error.kind);
    return stale;
  }

  /** @throws UpstreamError; RegistryError MANIFEST_UNKNOWN */
  async #ask(
    place: CachedPlace,
    tag: Tag,
    cached: CachedTag | undefined,
  ): Promise<StoredManifest> {
    const { upstream } = place.owner;
    const resolved = await upstream.resolve(place.remote, tag);
    if (resolved === undefined) return await this.#forget(place, tag, cached);
    const { digest, manifest: sent } = resolved;
    // By digest: by tag it might be another one by now.
    const obtained = await this.manifests.find(place, digest, sent);
    if (obtained === undefined) {
      const reason = `it says that ${tag} is ${digest}, which it does not have`;
      throw new UpstreamError(upstream.name, "failing", reason);
    }
    if (obtained.kept) await this.#keep(place, tag, digest);
    return obtained.manifest;
  }

  async #keep({ name }: CachedPlace, tag: Tag, digest: Digest): Promise<void> {
    const { store } = this.parts;
    await this.#orLogged(`${name}:${tag} cannot be kept`, async () => {
      // Looked at now: a DELETE, or another process, may have come between.
      const here = await store.tag(name, tag);
      if (here?.digest === digest) await store.refreshTag(name, tag);
      else await store.keepTag(name, tag, digest);
    });
  }

  async #forget(
    { name }: CachedPlace,
    tag: Tag,
    cached: CachedTag | undefined,
  ): Promise<never> {
    this.#missing.add(`${name}:${tag}`);
    if (cached !== undefined) {
      await this.#orLogged(
        `${name}:${tag} cannot be forgotten`,
        () => this.parts.store.forgetTag(name, tag),
      );
    }
    throw unknownTag(tag);
  }

  /** The answer is right whether or not the store takes it. */
  async #orLogged(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.parts.logger.warn(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
