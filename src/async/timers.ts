/** Where waiting comes from; tests bring their own. */
export interface Timers {
  /** Rings once, so many milliseconds from now. @returns what stops it */
  start(milliseconds: number, ring: () => void): () => void;
}

export const systemTimers: Timers = {
  start: (milliseconds, ring) => {
    const timer = setTimeout(ring, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** What a wait comes to when its time is over before the work. */
export const LATE: unique symbol = Symbol("late");

/** What the work comes to, or LATE; the work goes on then. */
export async function within<T>(
  timers: Timers,
  milliseconds: number,
  work: Promise<T>,
): Promise<T | typeof LATE> {
  const { promise, resolve } = Promise.withResolvers<typeof LATE>();
  const stop = timers.start(milliseconds, () => resolve(LATE));
  try {
    return await Promise.race([work, promise]);
  } finally {
    stop();
  }
}
