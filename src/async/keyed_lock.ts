interface Lock {
  /** Ends of the shared works under way. */
  readonly shared: Set<Promise<void>>;
  /** End of the exclusive work that is under way or about to be. */
  exclusive: Promise<void> | undefined;
}

/** Lets shared works of a key run side by side, and an exclusive one alone. Those of other keys do not meet. */
export class KeyedLock {
  readonly #locks = new Map<string, Lock>();

  shared<T>(key: string, work: () => Promise<T>): Promise<T> {
    return this.#run(key, work, (lock, end) => {
      lock.shared.add(end);
      return Promise.resolve();
    });
  }

  exclusive<T>(key: string, work: () => Promise<T>): Promise<T> {
    return this.#run(key, work, async (lock, end) => {
      lock.exclusive = end; // who comes now waits for it
      await Promise.all([...lock.shared]);
    });
  }

  async #run<T>(
    key: string,
    work: () => Promise<T>,
    enter: (lock: Lock, end: Promise<void>) => Promise<void>,
  ): Promise<T> {
    for (let held = this.#locks.get(key)?.exclusive; held; held = this.#locks.get(key)?.exclusive) {
      await held;
    }
    const lock = this.#lockOf(key); // nothing may come between the look and the entering
    const { promise: end, resolve } = Promise.withResolvers<void>();
    try {
      await enter(lock, end);
      return await work();
    } finally {
      resolve();
      lock.shared.delete(end);
      if (lock.exclusive === end) lock.exclusive = undefined;
      if (lock.shared.size === 0 && lock.exclusive === undefined) this.#locks.delete(key);
    }
  }

  #lockOf(key: string): Lock {
    let lock = this.#locks.get(key);
    if (lock === undefined) {
      lock = { shared: new Set(), exclusive: undefined };
      this.#locks.set(key, lock);
    }
    return lock;
  }
}
