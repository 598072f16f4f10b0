/** Milliseconds of work after which others have their turn. */
const TURN_MS = 2;

/** Cuts long work into short turns, between which others do theirs, and ends it when its signal says so. */
export class Turns {
  #began: number;

  /** @param now milliseconds from any start */
  constructor(
    private readonly signal?: AbortSignal,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#began = now();
  }

  /** To be called once for each piece of the work. @throws the signal's reason */
  async pause(): Promise<void> {
    this.signal?.throwIfAborted();
    if (this.now() - this.#began < TURN_MS) return;
    await new Promise<void>((resolve) => setTimeout(resolve, 0)); // setImmediate starves input and output
    this.#began = this.now();
    this.signal?.throwIfAborted();
  }
}
