import { LRUCache } from "lru-cache";
import type { Clock } from "../async/clock.ts";
import { countBounded } from "../async/count_bounded.ts";

/** How long upstream's 404 is believed (reference/pull_through.md 3): who pushes there and pulls here must not wait. */
const BELIEVED_MS = 10_000;
const ENTRIES = 10_000;

/** What upstream has just said it doesn't have. */
export class NegativeCache {
  readonly #seen = new LRUCache<string, number>(countBounded(ENTRIES));

  constructor(private readonly clock: Clock) {}

  has(key: string): boolean {
    const seen = this.#seen.get(key);
    if (seen === undefined) return false;
    const age = this.clock.now() - seen;
    return age >= 0 && age < BELIEVED_MS; // a clock that was set back must not make it last
  }

  add(key: string): void {
    this.#seen.set(key, this.clock.now());
  }

  delete(key: string): void {
    this.#seen.delete(key);
  }
}
