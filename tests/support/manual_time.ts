import type { Clock } from "../../src/async/clock.ts";
import type { Timers } from "../../src/async/timers.ts";

/** Time that passes when a test says so: a clock, and timers that ring by it. */
export class ManualTime implements Clock, Timers {
  #now = 1_700_000_000_000;
  #timers: { readonly at: number; readonly ring: () => void }[] = [];

  readonly now = (): number => this.#now;

  /** Timers that have neither rung nor been stopped. */
  get waiting(): number {
    return this.#timers.length;
  }

  start(milliseconds: number, ring: () => void): () => void {
    const timer = { at: this.#now + milliseconds, ring };
    this.#timers.push(timer);
    return () => void (this.#timers = this.#timers.filter((other) => other !== timer));
  }

  pass(milliseconds: number): void {
    this.#now += milliseconds;
    const due = this.#timers.filter(({ at }) => at <= this.#now);
    this.#timers = this.#timers.filter(({ at }) => at > this.#now);
    for (const { ring } of due) ring();
  }
}
