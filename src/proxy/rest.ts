import type { Timers } from "../async/timers.ts";

/** The part of a blob that nobody waits for is kept so long: clients that broke off come back. */
const LONGEST_MS = 10 * 60_000;

/** The rest that a fill takes when nobody wants its blob for now. */
export class Rest {
  #end: ((comesBack: boolean) => void) | undefined;

  constructor(private readonly timers: Timers) {}

  /** @returns whether somebody came back */
  async take(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#end = resolve;
    const stopTimer = this.timers.start(LONGEST_MS, () => this.end(false));
    try {
      return await promise;
    } finally {
      stopTimer();
    }
  }

  /** False when there is no rest that could end. */
  end(comesBack: boolean): boolean {
    const end = this.#end;
    this.#end = undefined;
    end?.(comesBack);
    return end !== undefined;
  }
}
