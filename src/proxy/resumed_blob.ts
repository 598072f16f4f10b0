import type { Timers } from "../async/timers.ts";
import { type FetchedBlob, UpstreamError } from "./upstream.ts";

/** Tries without progress before an interrupted transfer is given up. */
const TRIES = 5;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 4_000;
/** Bytes after which a transfer that is interrupted again has all its tries again. */
const PROGRESS = 1024 * 1024;

type Bytes = Uint8Array<ArrayBuffer>;

export interface ResumedBlobOptions {
  readonly upstream: string;
  /** In bytes; undefined: what comes until the end of the body. */
  readonly size: number | undefined;
  /** Asks upstream for the bytes from `start` on. */
  readonly ask: (start: number) => Promise<FetchedBlob | undefined>;
  readonly timers: Timers;
  readonly signal: AbortSignal;
  readonly onResume: () => void;
}

/** One blob from upstream in one piece, whatever interrupts it. */
export class ResumedBlob {
  #tries = 0;
  /** Where the last try that got on began. */
  #progressFrom: number;

  /** @param received where `chunks` begins, and how far it has come */
  constructor(private readonly options: ResumedBlobOptions, public received: number) {
    this.#progressFrom = received;
  }

  /**
   * @param fetched the first answer, from `received` on
   * @throws UpstreamError when upstream is lying or cannot be had any more; the signal's reason
   */
  async *chunks(fetched: FetchedBlob): AsyncGenerator<Bytes, void, void> {
    const { size, signal } = this.options;
    for (let blob = fetched;;) {
      try {
        for await (const chunk of blob.chunks) {
          signal.throwIfAborted();
          if (this.received + chunk.length > (size ?? Infinity)) throw this.#endless();
          this.received += chunk.length;
          yield chunk;
        }
        if (size === undefined || this.received === size) return;
        throw this.#error("failing", `the blob ended after ${this.received} of ${size} bytes`);
      } catch (error) {
        blob = await this.#again(error);
      }
    }
  }

  async #again(error: unknown): Promise<FetchedBlob> {
    const { signal, ask, onResume } = this.options;
    for (let reason = error;;) {
      signal.throwIfAborted();
      if (!isInterruption(reason) || !this.#mayTry()) throw reason;
      await this.#pause();
      onResume();
      try {
        const blob = await ask(this.received);
        if (blob !== undefined) return this.#sameBlob(blob);
        reason = this.#error("failing", "the blob is no longer there", 404);
      } catch (next) {
        reason = next;
      }
    }
  }

  #sameBlob(blob: FetchedBlob): FetchedBlob {
    const { size } = this.options;
    if (size === undefined || blob.size === undefined || blob.size === size) return blob;
    throw this.#error("lying", `the blob had ${size} bytes, and now has ${blob.size}`);
  }

  #mayTry(): boolean {
    if (this.received - this.#progressFrom >= PROGRESS) {
      this.#progressFrom = this.received;
      this.#tries = 0;
    }
    return this.#tries++ < TRIES;
  }

  #pause(): Promise<void> {
    const { signal, timers } = this.options;
    const length = Math.min(FIRST_PAUSE_MS * 2 ** (this.#tries - 1), LONGEST_PAUSE_MS);
    return new Promise((resolve, reject) => {
      const end = () => {
        stop();
        signal.removeEventListener("abort", abort);
      };
      const abort = () => {
        end();
        reject(signal.reason);
      };
      const stop = timers.start(length, () => {
        end();
        resolve();
      });
      signal.addEventListener("abort", abort, { once: true });
    });
  }

  #endless(): UpstreamError {
    return this.#error("lying", `the blob does not end after its ${this.options.size} bytes`);
  }

  #error(kind: "failing" | "lying", reason: string, status?: number): UpstreamError {
    const { upstream } = this.options;
    return new UpstreamError(upstream, kind, reason, status === undefined ? {} : { status });
  }
}

function isInterruption(error: unknown): boolean {
  return error instanceof UpstreamError && error.kind !== "lying";
}
