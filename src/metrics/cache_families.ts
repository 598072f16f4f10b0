import type { Family, Sample } from "./family.ts";
import { LabelledCounter } from "./labelled_counter.ts";
import { FAILURES } from "./upstream_families.ts";

const OUTCOMES = ["kept", "relayed", "failed", "lying", "absent", "abandoned", "there"];
const EVICTIONS = ["ttl", "maxsize", "minfreespace"];

/** What was fetched into the cache, served from it when upstream could not be had, and forgotten. */
export class CacheTallies {
  readonly #stale = new LabelledCounter(["upstream", "reason"]);
  readonly #unkept = new LabelledCounter(["upstream"]);
  readonly #fills = new LabelledCounter(["upstream", "outcome"]);
  readonly #fillBytes = new LabelledCounter(["upstream"]);
  readonly #evictions = new LabelledCounter(["reason"]);
  readonly #evictedBytes = new LabelledCounter(["reason"]);
  #sharers = 0;
  /** Undefined until it was counted. */
  #bytes: number | undefined;

  /** An upstream of the configuration, for which nothing has happened yet. */
  known(upstream: string): void {
    for (const reason of FAILURES) this.#stale.add([upstream, reason], 0);
    for (const outcome of OUTCOMES) this.#fills.add([upstream, outcome], 0);
    this.#fillBytes.add([upstream], 0);
    this.#unkept.add([upstream], 0);
    for (const reason of EVICTIONS) {
      this.#evictions.add([reason], 0);
      this.#evictedBytes.add([reason], 0);
    }
  }

  stale(upstream: string, reason: string): void {
    this.#stale.add([upstream, reason]);
  }

  unkept(upstream: string): void {
    this.#unkept.add([upstream]);
  }

  joined(): void {
    this.#sharers++;
  }

  filled(upstream: string, outcome: string, bytes: number): void {
    this.#fills.add([upstream, outcome]);
    this.#fillBytes.add([upstream], bytes);
  }

  size(bytes: number): void {
    this.#bytes = bytes;
  }

  evicted(reason: string, images: number, bytes: number): void {
    this.#evictions.add([reason], images);
    this.#evictedBytes.add([reason], bytes);
  }

  families(): Family[] {
    const counter = (name: string, help: string, samples: () => Sample[]): Family => (
      { name: `berth_${name}_total`, help, type: "counter", samples }
    );
    return [
      counter(
        "cache_stale",
        "Answers from the cache because upstream could not be asked, by why.",
        () => this.#stale.samples(),
      ),
      counter(
        "cache_unkept",
        "Manifests that were passed on because the storage would not take them.",
        () => this.#unkept.samples(),
      ),
      counter("fills", "Blobs fetched, by what became of it.", () => this.#fills.samples()),
      counter(
        "fill_sharers",
        "Clients that joined a blob's fetch that was under way for another one.",
        () => [{ labels: {}, value: this.#sharers }],
      ),
      counter("fill_bytes", "Bytes of blobs that upstream sent.", () => this.#fillBytes.samples()),
      counter("cache_evictions", "Images forgotten, by why.", () => this.#evictions.samples()),
      counter(
        "cache_evicted_bytes",
        "Bytes that were freed by forgetting images, by why.",
        () => this.#evictedBytes.samples(),
      ),
      {
        name: "berth_cache_bytes",
        help: "Size of all that was fetched, where it has a limit, as far as it is known.",
        type: "gauge",
        samples: () => this.#bytes === undefined ? [] : [{ labels: {}, value: this.#bytes }],
      },
    ];
  }
}
