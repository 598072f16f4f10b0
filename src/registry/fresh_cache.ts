import { LRUCache } from "lru-cache";
import type { Clock } from "../async/clock.ts";
import { countBounded } from "../async/count_bounded.ts";

/** How long the sight of something in the tree may be believed. Other processes may share the tree (design.md 4). */
const FRESH_MS = 1000;
const ENTRIES = 50_000;

interface Seen<T> {
  readonly value: T;
  readonly at: number;
}

/** Told of each look into a cache, whether it was found there. */
export type OnLookup = (isHit: boolean) => void;

/** What was seen in the tree within the last second. */
export class FreshCache<T> {
  readonly #seen = new LRUCache<string, Seen<T>>(countBounded(ENTRIES));

  constructor(private readonly clock: Clock, private readonly onLookup: OnLookup = () => {}) {}

  /** Undefined when it was not seen, or too long ago. */
  get(key: string): T | undefined {
    const seen = this.#seen.get(key);
    const isFresh = seen !== undefined && this.clock.now() - seen.at < FRESH_MS;
    this.onLookup(isFresh);
    return isFresh ? seen.value : undefined;
  }

  set(key: string, value: T): void {
    this.#seen.set(key, { value, at: this.clock.now() });
  }

  delete(key: string): void {
    this.#seen.delete(key);
  }
}
