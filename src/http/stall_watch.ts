/** Something that waits for a peer, now and then. */
export interface Transfer {
  /** True while the peer is waited for; false while the delay is ours. */
  readonly waiting: boolean;
  /** Bytes that the peer has sent, or taken. */
  readonly progress: number;
  /** Called once, when the peer has let it wait for too long. */
  onStall(): void;
}

/** Bytes that must move within the limit; a byte now and then is no progress. */
const LEAST_PROGRESS = 1024;

interface Mark {
  at: number;
  progress: number;
}

/**
 * Ends transfers that a peer keeps waiting for too long. It has no timer of its own: somebody calls `look` from time to time, and
 * a limit is kept with the tolerance of that time.
 */
export class StallWatch {
  readonly #marks = new Map<Transfer, Mark | undefined>();

  /** @param limit longest wait without progress, in milliseconds */
  constructor(readonly limit: number) {}

  add(transfer: Transfer): void {
    this.#marks.set(transfer, undefined);
  }

  remove(transfer: Transfer): void {
    this.#marks.delete(transfer);
  }

  /** @param now in milliseconds, on a clock that only goes forward */
  look(now: number): void {
    for (const [transfer, mark] of [...this.#marks]) {
      if (!transfer.waiting) this.#marks.set(transfer, undefined);
      else if (mark === undefined || transfer.progress - mark.progress >= LEAST_PROGRESS) {
        this.#marks.set(transfer, { at: now, progress: transfer.progress });
      } else if (now - mark.at >= this.limit) {
        this.#marks.delete(transfer);
        transfer.onStall();
      }
    }
  }
}
