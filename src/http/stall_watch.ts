/** Something that waits for a peer. */
export interface Waiting {
  /** When the wait began, in the watch's milliseconds; undefined while it waits for nothing. */
  waitingSince: number | undefined;
  /** Called once when the peer has let it wait for too long. */
  onStall(): void;
}

/** How often the waits are looked at; a limit is kept with this much tolerance. */
const INTERVAL_MS = 1000;

/** Ends what a peer lets wait for too long. One timer for all transfers, and none while there are none. */
export class StallWatch {
  readonly #waiting = new Set<Waiting>();
  #timer: ReturnType<typeof setInterval> | undefined;

  /** @param limit longest wait without progress, in milliseconds */
  constructor(
    private readonly limit: number,
    private readonly intervalMs = Math.min(INTERVAL_MS, limit),
  ) {}

  now(): number {
    return performance.now();
  }

  add(waiting: Waiting): void {
    this.#waiting.add(waiting);
    this.#timer ??= setInterval(() => this.#look(), this.intervalMs);
  }

  remove(waiting: Waiting): void {
    this.#waiting.delete(waiting);
    if (this.#waiting.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const now = this.now();
    for (const waiting of [...this.#waiting]) {
      if (waiting.waitingSince === undefined || now - waiting.waitingSince < this.limit) continue;
      this.remove(waiting);
      waiting.onStall();
    }
  }
}
