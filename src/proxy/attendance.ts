import type { Timers } from "../async/timers.ts";

/** So long a fill that nobody waits for stops reading, and looks whether somebody comes back. */
const PAUSE_MS = 10_000;

/** Who waits for a fill, and what happens when nobody does. */
export class Attendance {
  #present = 0;
  #all = 0;
  #stopTimer: (() => void) | undefined;
  #gate: PromiseWithResolvers<void> | undefined;
  #over = false;

  /**
   * @param goesOnAlone whether the fill is worth ending although nobody waits
   * @param onDeserted called when nobody came back
   */
  constructor(
    private readonly timers: Timers,
    private readonly goesOnAlone: () => boolean,
    private readonly onDeserted: () => void,
  ) {}

  /** Clients so far. */
  get all(): number {
    return this.#all;
  }

  get isDeserted(): boolean {
    return this.#present === 0;
  }

  /** A client came. */
  arrive(): void {
    this.#all++;
    this.stay();
  }

  /** As arrive, for another hold of the same client. */
  stay(): void {
    this.#present++;
    this.#resume();
  }

  leave(): void {
    if (--this.#present > 0 || this.#over || this.goesOnAlone()) return;
    this.#gate ??= Promise.withResolvers();
    this.#stopTimer ??= this.timers.start(PAUSE_MS, () => {
      this.#stopTimer = undefined;
      this.onDeserted();
    });
  }

  /** To be awaited before more is read: resolves at once, or when somebody comes back. */
  attended(): Promise<void> | undefined {
    return this.#gate?.promise;
  }

  /** Nobody is waited for any more. */
  end(): void {
    this.#over = true;
    this.#resume();
  }

  #resume(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    this.#gate?.resolve();
    this.#gate = undefined;
  }
}
