/** Lets callers of the same key share one run of the work; the next call after its end runs it anew. */
export class SingleFlight<T> {
  readonly #flying = new Map<string, Promise<T>>();

  run(key: string, work: () => Promise<T>): Promise<T> {
    const flying = this.#flying.get(key);
    if (flying) return flying;
    const started = work().finally(() => this.#flying.delete(key));
    this.#flying.set(key, started);
    return started;
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.#flying.size > 0) await Promise.allSettled(this.#flying.values());
  }
}
