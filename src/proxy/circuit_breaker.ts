import type { Clock } from "../async/clock.ts";

export interface BreakerLimits {
  /** Failures in a row after which nobody is let through. */
  readonly failures: number;
  /** Milliseconds until one request may try again; doubled with each try that fails. */
  readonly rest: number;
  readonly longestRest: number;
}

export const BREAKER_LIMITS: BreakerLimits = { failures: 5, rest: 10_000, longestRest: 60_000 };

/** Of one request: the first call counts. */
export interface Passage {
  /** It answered, whatever it answered short of a 5xx. */
  succeeded(): void;
  /** No connection, no answer in time, or a 5xx. */
  failed(): void;
  /** Nothing was learned: the caller left. */
  abandoned(): void;
}

/**
 * Spares an upstream that doesn't answer, and its clients the wait. Closed it lets everybody through; after so many failures in a row
 * it opens and lets nobody through; after a rest it lets one request try, which closes it or opens it again.
 */
export class CircuitBreaker {
  #failures = 0;
  /** When one may try again; undefined while it is closed. */
  #restsUntil: number | undefined;
  #rest: number;
  #trying = false;
  /** Of each opening and closing: a passage of before says nothing of after. */
  #era = 0;

  constructor(
    private readonly clock: Clock,
    private readonly limits: BreakerLimits = BREAKER_LIMITS,
    private readonly changed: (open: boolean) => void = () => {},
  ) {
    this.#rest = limits.rest;
  }

  /** Undefined: nobody is let through. */
  enter(): Passage | undefined {
    if (this.#restsUntil === undefined) return this.#passage(false);
    const now = this.clock.now();
    // a clock that was set back must not keep it open for longer than its rest
    const rests = now < this.#restsUntil && now >= this.#restsUntil - this.#rest;
    if (this.#trying || rests) return undefined;
    this.#trying = true;
    return this.#passage(true);
  }

  get open(): boolean {
    return this.#restsUntil !== undefined;
  }

  #passage(tries: boolean): Passage {
    const era = this.#era;
    let over = false;
    const once = (end: () => void) => () => {
      if (over) return;
      over = true;
      if (tries) this.#trying = false;
      if (era === this.#era) end();
    };
    return {
      succeeded: once(() => this.#close()),
      failed: once(() => this.#fail(tries)),
      abandoned: once(() => {}),
    };
  }

  #close(): void {
    this.#failures = 0;
    if (this.#restsUntil === undefined) return;
    this.#restsUntil = undefined;
    this.#rest = this.limits.rest;
    this.#era++;
    this.changed(false);
  }

  #fail(tried: boolean): void {
    if (++this.#failures < this.limits.failures && !tried) return;
    if (tried) this.#rest = Math.min(this.#rest * 2, this.limits.longestRest);
    this.#restsUntil = this.clock.now() + this.#rest;
    this.#era++;
    if (!tried) this.changed(true);
  }
}
