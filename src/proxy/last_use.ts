import { LRUCache } from "lru-cache";
import type { Clock } from "../async/clock.ts";
import { countBounded } from "../async/count_bounded.ts";
import type { Digest } from "../oci/digest.ts";
import type { CacheStore } from "./cache_store.ts";
import type { CachedPlace } from "./cached_place.ts";

/** A link is touched when its last touch is older than this, or than an eighth of the time after which it would expire. */
const TOUCH_AFTER_MS = 30 * 60 * 1000;
const ENTRIES = 20_000;

/** Notes when manifests were last given to a client: the modification time of their links, which outlives this process. */
export class LastUse {
  readonly #touched = new LRUCache<string, number>(countBounded(ENTRIES));

  constructor(private readonly store: CacheStore, private readonly clock: Clock) {}

  async note({ name, owner }: CachedPlace, digest: Digest): Promise<void> {
    if (this.store.touchManifest === undefined) return;
    const key = `${name}@${digest}`;
    const now = this.clock.now();
    const age = now - (this.#touched.get(key) ?? -Infinity);
    const limit = owner.ttl > 0 ? Math.min(TOUCH_AFTER_MS, owner.ttl / 8) : TOUCH_AFTER_MS;
    if (age >= 0 && age < limit) return;
    this.#touched.set(key, now);
    // A store that may only be read evicts nothing either.
    await this.store.touchManifest(name, digest).catch(() => undefined);
  }
}
