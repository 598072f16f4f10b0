import type { Timers } from "../../src/health/periodic_check.ts";

interface Armed {
  readonly ms: number;
  readonly run: () => void;
}

/** Timers that go off when a test says so. */
export class ManualTimers implements Timers {
  readonly #periodic = new Set<Armed>();
  readonly #once = new Set<Armed>();

  every(ms: number, run: () => void): () => void {
    return arm(this.#periodic, { ms, run });
  }

  after(ms: number, run: () => void): () => void {
    return arm(this.#once, { ms, run });
  }

  /** All intervals pass once; resolves when what they began has had its turn. */
  async tick(): Promise<void> {
    for (const { run } of [...this.#periodic]) run();
    await turn();
  }

  /** All limits are over. */
  async expire(): Promise<void> {
    for (const armed of [...this.#once]) {
      this.#once.delete(armed);
      armed.run();
    }
    await turn();
  }

  /** Milliseconds of the intervals and of the limits that are running. */
  get running(): { every: number[]; after: number[] } {
    const ms = (all: Set<Armed>) => [...all].map((armed) => armed.ms);
    return { every: ms(this.#periodic), after: ms(this.#once) };
  }
}

function arm(all: Set<Armed>, armed: Armed): () => void {
  all.add(armed);
  return () => all.delete(armed);
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
