import { CacheTallies } from "./cache_families.ts";
import type { Family } from "./family.ts";
import { amountOf } from "./histogram.ts";
import { type UpstreamFigures, UpstreamTallies } from "./upstream_families.ts";

/** What of upstreams is cached. */
export type CachedType = "blob" | "manifest";

/** Of pulls through the cache, by the name of the upstream. */
export interface PullFigures {
  /** It was here. @param bytes of all of it */
  hit(upstream: string, type: CachedType, bytes: number): void;
  /** It had to be fetched, and came. @param bytes of all of it */
  miss(upstream: string, type: CachedType, bytes: number): void;
  stale(upstream: string, reason: string): void;
  unkept(upstream: string): void;
}

/** Of blobs that are fetched, by the name of the upstream. */
export interface FillFigures {
  started(upstream: string): void;
  joined(upstream: string): void;
  resumed(upstream: string): void;
  aside(upstream: string): void;
  relayed(upstream: string): void;
  /** @param bytes that came from upstream */
  ended(upstream: string, outcome: string, bytes: number, seconds: number): void;
}

/** Of the cache's size, in bytes. */
export interface EvictionFigures {
  size(bytes: number): void;
  evicted(reason: string, images: number, bytes: number): void;
}

/** What a cache tells; its parts fit the interfaces that the cache has for this. */
export interface ProxyFigures {
  readonly cache: PullFigures;
  readonly fills: FillFigures;
  readonly eviction: EvictionFigures;
  /** To be called for every upstream at start, so that its series are there before anything happened. */
  upstream(name: string): UpstreamFigures;
}

/** Pulls of one type, as distribution v3 counts them. */
class TypeTally {
  hits = 0;
  misses = 0;
  pulled = 0;
  pushed = 0;
}

/** Counts what a cache does, under the names of distribution v3 and, by upstream, of ours. */
export class ProxyTallies {
  readonly #types: Readonly<Record<CachedType, TypeTally>> = {
    blob: new TypeTally(),
    manifest: new TypeTally(),
  };
  readonly #upstreams = new UpstreamTallies();
  readonly #cache = new CacheTallies();

  readonly figures: ProxyFigures = {
    cache: {
      hit: (_upstream, type, bytes) => {
        this.#types[type].hits++;
        this.#types[type].pushed += amountOf(bytes);
      },
      miss: (_upstream, type, bytes) => {
        this.#types[type].misses++;
        this.#types[type].pushed += amountOf(bytes);
        // a manifest comes whole, and a blob as far as its fill gets
        if (type === "manifest") this.#types.manifest.pulled += amountOf(bytes);
      },
      stale: (upstream, reason) => this.#cache.stale(upstream, reason),
      unkept: (upstream) => this.#cache.unkept(upstream),
    },
    fills: {
      started: () => {},
      joined: () => this.#cache.joined(),
      resumed: () => {},
      aside: () => {},
      relayed: () => {},
      ended: (upstream, outcome, bytes) => {
        this.#types.blob.pulled += amountOf(bytes);
        this.#cache.filled(upstream, outcome, bytes);
      },
    },
    eviction: {
      size: (bytes) => this.#cache.size(bytes),
      evicted: (reason, images, bytes) => this.#cache.evicted(reason, images, bytes),
    },
    upstream: (name) => {
      this.#cache.known(name);
      return this.#upstreams.of(name);
    },
  };

  families(): Family[] {
    return [
      // help as in distribution: a dashboard for several registries shows one text for all
      this.#byType("requests", "The number of total incoming proxy request received", "requests"),
      this.#byType("hits", "The number of total proxy request hits", "hits"),
      this.#byType("misses", "The number of total proxy request misses", "misses"),
      this.#byType("pulled_bytes", "The size of total bytes pulled from the upstream", "pulled"),
      this.#byType("pushed_bytes", "The size of total bytes pushed to the client", "pushed"),
      ...this.#upstreams.families(),
      ...this.#cache.families(),
    ];
  }

  #byType(what: string, help: string, figure: keyof TypeTally | "requests"): Family {
    const valueOf = (tally: TypeTally) =>
      figure === "requests" ? tally.hits + tally.misses : tally[figure];
    return {
      name: `registry_proxy_${what}_total`,
      help,
      type: "counter",
      samples: () =>
        Object.entries(this.#types).map(([type, tally]) => ({
          labels: { type },
          value: valueOf(tally),
        })),
    };
  }
}
