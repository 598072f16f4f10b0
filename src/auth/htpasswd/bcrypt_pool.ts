import type { Logger } from "../../log/logger.ts";
import type { BcryptCheck, BcryptResult } from "./bcrypt_worker_protocol.ts";
import { FairQueue } from "../fair_queue.ts";

/** `busy`: not checked, because too many wait, it took too long, or the workers died. */
export type CheckOutcome = "right" | "wrong" | "busy";

/** Beyond this many waiting checks, some are refused: two seconds of one core at cost 10. */
const MOST_WAITING = 32;
/** A check is given up after this time in a worker, in milliseconds; the highest cost takes a second or two. */
const LIMIT = 30_000;
/** Workers that had nothing to do for so long are ended, in milliseconds: each takes some 15 MB. */
const IDLE = 60_000;

export interface BcryptPoolOptions {
  /** Workers at most. */
  readonly size: number;
  readonly logger: Logger;
  readonly mostWaiting?: number;
  readonly limit?: number;
  readonly idle?: number;
  /** Another entry point, for tests. */
  readonly url?: URL;
}

interface Job {
  readonly check: BcryptCheck;
  readonly answer: (outcome: CheckOutcome) => void;
  readonly isSecondTry: boolean;
}

interface BcryptWorker {
  readonly worker: Worker;
  job: Job | undefined;
  /** When the job was begun, in milliseconds since the process was. */
  begun: number;
  /** Ends the worker: while it has a job because that takes too long, else because it has none. */
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** Isolates that check passwords. They are started by the first check and ended when there was none for a while. */
export class BcryptPool {
  readonly #options: BcryptPoolOptions;
  readonly #url: URL;
  readonly #workers = new Set<BcryptWorker>();
  readonly #waiting: FairQueue<Job>;
  /** Of a check, in milliseconds: the mean of the last ones. */
  #duration = 100;
  #isClosed = false;

  constructor(options: BcryptPoolOptions) {
    this.#options = options;
    // Spelled out here, so that `deno compile` and bundlers can see it.
    this.#url = options.url ?? new URL("./bcrypt_worker.ts", import.meta.url);
    this.#waiting = new FairQueue(options.mostWaiting ?? MOST_WAITING);
  }

  /** Seconds until those who wait now will have been checked, 1 to 60. */
  get retryAfter(): number {
    const time = (this.#waiting.size + 1) * this.#duration / this.#options.size;
    return Math.min(Math.max(Math.ceil(time / 1000), 1), 60);
  }

  /** @param owner whose share of the queue it takes. Never rejects */
  check(check: BcryptCheck, owner: string): Promise<CheckOutcome> {
    const { promise, resolve } = Promise.withResolvers<CheckOutcome>();
    const job: Job = { check, answer: resolve, isSecondTry: false };
    if (this.#isClosed) job.answer("busy");
    else if (!this.#run(job)) this.#waiting.push(owner, job)?.answer("busy");
    return promise;
  }

  /** Ends the workers at once; what waits is answered `busy`. */
  close(): void {
    this.#isClosed = true;
    for (const owner of this.#workers) this.#end(owner)?.answer("busy");
    for (let job = this.#waiting.shift(); job; job = this.#waiting.shift()) job.answer("busy");
  }

  /** Whether there was a worker for it. */
  #run(job: Job): boolean {
    let free = [...this.#workers].find((owner) => owner.job === undefined);
    if (free === undefined && this.#workers.size < this.#options.size) free = this.#start();
    if (free === undefined) return false;
    this.#give(free, job);
    return true;
  }

  #give(owner: BcryptWorker, job: Job): void {
    clearTimeout(owner.timer);
    owner.job = job;
    owner.begun = performance.now();
    owner.timer = setTimeout(() => {
      this.#end(owner)?.answer("busy");
      this.#options.logger.error("a password check took too long, its worker is replaced");
      this.#next();
    }, this.#options.limit ?? LIMIT);
    owner.worker.postMessage(job.check);
  }

  /** Hands out what waits. */
  #next(): void {
    while (this.#waiting.size > 0) {
      const hasRoom = this.#workers.size < this.#options.size ||
        [...this.#workers].some(({ job }) => job === undefined);
      const job = hasRoom ? this.#waiting.shift() : undefined;
      if (job === undefined) return;
      this.#run(job);
    }
  }

  #start(): BcryptWorker {
    const worker = new Worker(this.#url, { type: "module", name: "bcrypt" });
    const owner: BcryptWorker = { worker, job: undefined, begun: 0, timer: undefined };
    worker.onmessage = ({ data }: MessageEvent<BcryptResult>) => this.#receive(owner, data);
    worker.onerror = (event) => {
      event.preventDefault(); // else the error would end this process as well
      this.#died(owner);
    };
    worker.onmessageerror = () => this.#died(owner);
    this.#workers.add(owner);
    return owner;
  }

  #receive(owner: BcryptWorker, { isRight }: BcryptResult): void {
    const job = owner.job;
    if (job === undefined || !this.#workers.has(owner)) return;
    clearTimeout(owner.timer);
    owner.job = undefined;
    this.#duration += (performance.now() - owner.begun - this.#duration) / 8;
    owner.timer = setTimeout(() => this.#end(owner), this.#options.idle ?? IDLE);
    job.answer(isRight === undefined ? "busy" : isRight ? "right" : "wrong");
    this.#next();
  }

  /** What killed it is not told: nobody can say that there is no password in it. */
  #died(owner: BcryptWorker): void {
    if (!this.#workers.has(owner)) return;
    const job = this.#end(owner);
    this.#options.logger.error("a worker for password checks died, another takes its place");
    if (job?.isSecondTry === false) this.#run({ ...job, isSecondTry: true });
    else job?.answer("busy");
    this.#next();
  }

  /** @returns what it was doing */
  #end(owner: BcryptWorker): Job | undefined {
    clearTimeout(owner.timer);
    this.#workers.delete(owner);
    owner.worker.terminate();
    const job = owner.job;
    owner.job = undefined;
    return job;
  }
}
