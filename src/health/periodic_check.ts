/** How to wait; tests bring their own. */
export interface Timers {
  /** Calls back every so many milliseconds, until the returned function is called. */
  every(ms: number, run: () => void): () => void;
  /** Calls back once. */
  after(ms: number, run: () => void): () => void;
}

export const systemTimers: Timers = {
  every: (ms, run) => {
    const timer = setInterval(run, ms);
    return () => clearInterval(timer);
  },
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

export interface CheckOptions {
  /** Milliseconds between two runs; the first is made after one. */
  readonly interval: number;
  /** Failures in a row from which on it counts; 0 and 1 alike. */
  readonly threshold: number;
  /** One run that takes longer has failed. In milliseconds. */
  readonly limit: number;
  /** Rejects, or throws, with what is wrong. The signal says that nobody waits for it any more. */
  readonly run: (signal: AbortSignal) => Promise<void>;
  /** Told after each run: undefined when all is well, or has not yet failed often enough. */
  readonly report: (failure: string | undefined) => void;
}

/** Runs a check at its interval, one run at a time: one that never ends counts as a failure at each interval that it hangs. */
export class PeriodicCheck {
  readonly #abort = new AbortController();
  readonly #stop: () => void;
  #failures = 0;
  #state: "idle" | "running" | "late" = "idle";
  #disarm: (() => void) | undefined;

  constructor(private readonly options: CheckOptions, private readonly timers: Timers) {
    this.#stop = timers.every(options.interval, () => this.#tick());
  }

  /** No run begins any more, and none reports. */
  close(): void {
    this.#stop();
    this.#disarm?.();
    this.#abort.abort();
  }

  #tick(): void {
    if (this.#state === "late") this.#failed(this.#lateness());
    if (this.#state === "idle") this.#run();
  }

  #run(): void {
    this.#state = "running";
    const late = new AbortController();
    const signal = AbortSignal.any([late.signal, this.#abort.signal]);
    const disarm = this.#disarm = this.timers.after(this.options.limit, () => {
      this.#state = "late";
      this.#failed(this.#lateness());
      late.abort();
    });
    const settle = (report: () => void) => {
      disarm();
      const isLate = this.#state === "late"; // has been reported
      this.#state = "idle";
      if (!isLate) report();
    };
    new Promise<void>((resolve) => resolve(this.options.run(signal))).then(
      () => settle(() => this.#passed()),
      (error) => settle(() => this.#failed(error instanceof Error ? error.message : String(error))),
    );
  }

  #passed(): void {
    this.#failures = 0;
    this.#report(undefined);
  }

  #failed(reason: string): void {
    this.#failures++;
    this.#report(this.#failures >= this.options.threshold ? reason : undefined);
  }

  #report(failure: string | undefined): void {
    if (!this.#abort.signal.aborted) this.options.report(failure);
  }

  #lateness(): string {
    return `no answer within ${this.options.limit / 1000}s`;
  }
}
