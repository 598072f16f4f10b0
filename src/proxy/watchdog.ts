/**
 * The end of one exchange with an upstream: the caller's signal, or a time limit that ran out. One timer for all of its limits and
 * chunks: it looks again when it fires, so that progress costs nothing.
 */
export class Watchdog implements Disposable {
  readonly #controller = new AbortController();
  readonly #outer: readonly AbortSignal[];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #firesAt = 0;
  #due = Infinity;
  #isOver = false;
  #error: () => Error = () => new Error("Cannot wait for longer");

  /** @param outer each of them ends it too */
  constructor(...outer: readonly (AbortSignal | undefined)[]) {
    this.#outer = outer.filter((signal) => signal !== undefined);
    for (const signal of this.#outer) {
      if (signal.aborted) this.#controller.abort(signal.reason);
      else signal.addEventListener("abort", this.#abort);
    }
  }

  /** Ends with what ran out, or with the caller's reason. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Aborts with the error unless it is told something else within so many milliseconds. */
  watch(limit: number, error: () => Error): void {
    if (this.#isOver) return;
    this.#error = error;
    this.#due = performance.now() + limit;
    if (this.#timer !== undefined && this.#firesAt <= this.#due) return;
    this.#arm();
  }

  /** Ends it now. */
  abort(error: Error): void {
    this.#controller.abort(error);
  }

  /** Nothing is waited for. */
  pause(): void {
    this.#due = Infinity;
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const signal of this.#outer) signal.removeEventListener("abort", this.#abort);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    this.#firesAt = this.#due;
    this.#timer = setTimeout(this.#look, Math.max(0, this.#due - performance.now()));
  }

  readonly #look = () => {
    this.#timer = undefined;
    if (this.#due === Infinity) return;
    if (performance.now() >= this.#due) this.#controller.abort(this.#error());
    else this.#arm();
  };

  readonly #abort = (event: Event) => {
    if (event.target instanceof AbortSignal) this.#controller.abort(event.target.reason);
  };
}

/** What the work comes to, unless the signal ends the wait for it. */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const leave = () => reject(signal.reason);
  if (signal.aborted) leave();
  else signal.addEventListener("abort", leave, { once: true });
  try {
    return await Promise.race([aborted, work]);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}
