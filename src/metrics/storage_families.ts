import { type Family, histogramSamples } from "./family.ts";
import { Histogram } from "./histogram.ts";

/** Those of Go's client library, which distribution takes for storage. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What the storage did and what its cache spared it, under the names of distribution. */
export class StorageTallies {
  readonly #actions = new Map<string, Histogram>();
  #hits = 0;
  #misses = 0;

  /** @param driver as in the configuration */
  constructor(private readonly driver: string) {}

  action(name: string, seconds: number): void {
    let histogram = this.#actions.get(name);
    if (histogram === undefined) this.#actions.set(name, histogram = new Histogram(SECONDS));
    histogram.observe(seconds);
  }

  lookup(isHit: boolean): void {
    if (isHit) this.#hits++;
    else this.#misses++;
  }

  families(): Family[] {
    const requests = () => this.#hits + this.#misses;
    return [
      {
        name: "registry_storage_action_seconds",
        help: "The number of seconds that the storage action takes",
        type: "histogram",
        samples: () =>
          [...this.#actions].flatMap(([action, histogram]) =>
            histogramSamples(
              "registry_storage_action_seconds",
              { action, driver: this.driver },
              histogram,
            )
          ),
      },
      cacheCounter("requests", "The number of cache requests received", requests),
      cacheCounter("hits", "The number of cache requests answered from memory", () => this.#hits),
      cacheCounter("errors", "The number of cache request errors", () => 0),
      this.#oldCacheCounter(requests),
    ];
  }

  /** As registry:2 has it; its dashboards ask for it. */
  #oldCacheCounter(requests: () => number): Family {
    return {
      name: "registry_storage_cache_total",
      help: "The number of cache request received",
      type: "counter",
      samples: () => [
        { labels: { type: "Request" }, value: requests() },
        { labels: { type: "Hit" }, value: this.#hits },
        { labels: { type: "Miss" }, value: this.#misses },
      ],
    };
  }
}

function cacheCounter(what: string, help: string, value: () => number): Family {
  const name = `registry_storage_cache_${what}_total`;
  return { name, help, type: "counter", samples: () => [{ labels: {}, value: value() }] };
}
