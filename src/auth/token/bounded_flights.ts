import { FairQueue } from "../fair_queue.ts";

interface Turn {
  /** Told whether it has come, or was given to another owner. */
  readonly come: (hasCome: boolean) => void;
}

export interface FlightLimits {
  readonly atOnce: number;
  readonly mostWaiting: number;
}

/** Runs so many works at once, lets so many more wait, each owner having the same share, and lets callers of one key share one run. */
export class BoundedFlights<T> {
  readonly #flying = new Map<string, Promise<T | undefined>>();
  readonly #waiting: FairQueue<Turn>;
  #running = 0;

  constructor(private readonly limits: FlightLimits) {
    this.#waiting = new FairQueue(limits.mostWaiting);
  }

  /** Resolves to undefined when too many wait. */
  run(key: string, owner: string, work: () => Promise<T>): Promise<T | undefined> {
    const flying = this.#flying.get(key);
    if (flying !== undefined) return flying;
    const started = this.#inTurn(owner, work).finally(() => this.#flying.delete(key));
    this.#flying.set(key, started);
    return started;
  }

  async #inTurn(owner: string, work: () => Promise<T>): Promise<T | undefined> {
    if (this.#running < this.limits.atOnce) this.#running++;
    else if (!await this.#wait(owner)) return undefined;
    try {
      return await work();
    } finally {
      // whoever is next takes the place over; by way of the event loop, so that a row of works that end at once doesn't hold it up
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else setTimeout(() => next.come(true));
    }
  }

  #wait(owner: string): Promise<boolean> {
    return new Promise((come) => this.#waiting.push(owner, { come })?.come(false));
  }
}
