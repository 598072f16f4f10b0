/** Gathered lines go out after this long, … */
const DELAY_MS = 5;
/** … or when they are this many characters. */
const BATCH = 32 * 1024;
/** How long to wait after the sink refused. */
const RETRY_MS = 250;
const MAX_PENDING = 8 * 1024 * 1024;

export interface LineBufferOptions {
  /**
   * Takes some of the bytes, and tells how many (`Deno.stderr.writeSync`). When it throws or takes none (EPIPE, EAGAIN, a full disk)
   * the rest is tried again later.
   */
  readonly sink: (bytes: Uint8Array) => number;
  /**
   * Runs a function later, on a timer that doesn't keep the process alive.
   * @returns what calls it off
   */
  readonly schedule: (run: () => void, ms: number) => () => void;
  /** Told how many lines were dropped, once the sink works again; a log line is a good answer. */
  readonly onLost?: (lines: number) => void;
  /** Characters that may wait for a sink that refuses; lines beyond are dropped. 8 Mi unless told otherwise. */
  readonly maxPending?: number;
}

/**
 * Gathers log lines so that many cost one system call. Memory is bounded, and a sink that fails is nobody else's trouble: nothing
 * here throws.
 */
export class LineBuffer {
  readonly #encoder = new TextEncoder();
  readonly #maxPending: number;
  #text = "";
  /** What the sink has left of the batch before. */
  #rest: Uint8Array = new Uint8Array();
  #lost = 0;
  #refused = false;
  #closed = false;
  #cancel: (() => void) | undefined;

  constructor(private readonly options: LineBufferOptions) {
    this.#maxPending = options.maxPending ?? MAX_PENDING;
  }

  /** Takes one line with its newline. */
  write(line: string): void {
    if (this.#text.length + this.#rest.length + line.length > this.#maxPending) {
      this.#lost++;
      if (!this.#closed) this.#arm(RETRY_MS);
      return;
    }
    this.#text += line;
    if (this.#closed || (this.#text.length >= BATCH && !this.#refused)) this.flush();
    else this.#arm(this.#refused ? RETRY_MS : DELAY_MS);
  }

  /** Hands everything to the sink now; what that refuses stays. */
  flush(): void {
    this.#disarm();
    this.#refused = !this.#drain();
    if (this.#refused) {
      if (!this.#closed) this.#arm(RETRY_MS);
      return;
    }
    const lost = this.#lost;
    this.#lost = 0;
    if (lost > 0) this.options.onLost?.(lost);
  }

  /** Hands everything over and stops the timer. Lines that come later go straight to the sink. */
  close(): void {
    this.#closed = true;
    this.flush();
  }

  /** @returns false when the sink has not taken everything */
  #drain(): boolean {
    while (this.#rest.length > 0 || this.#text !== "") {
      if (this.#rest.length === 0) {
        this.#rest = this.#encoder.encode(this.#text);
        this.#text = "";
      }
      const taken = this.#offer();
      if (taken <= 0) return false;
      this.#rest = this.#rest.subarray(taken);
    }
    return true;
  }

  #offer(): number {
    try {
      return this.options.sink(this.#rest);
    } catch {
      return 0; // there is no place left to tell it
    }
  }

  #arm(ms: number): void {
    this.#cancel ??= this.options.schedule(() => {
      this.#cancel = undefined;
      this.flush();
    }, ms);
  }

  #disarm(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
