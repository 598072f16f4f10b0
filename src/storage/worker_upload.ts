import type { OnHashed } from "./driver.ts";
import type { End, Ended, FromWorker, OpenRequest, ToWorker } from "./store_worker_protocol.ts";

/** A worker that is waited for and tells nothing for so long is given up: its disk hangs. In milliseconds. */
const STALL_LIMIT = 120_000;

/** The error of a store worker, with the system's code if there is one. */
export class StoreWorkerError extends Error {
  override readonly name = "StoreWorkerError";
  constructor(readonly action: string, readonly code: string | undefined, message: string) {
    super(message);
  }
}

/** Runs something later; returns what prevents it. */
export type StartTimer = (run: () => void, milliseconds: number) => () => void;

type Send = (message: ToWorker, transfer: ArrayBuffer[]) => void;

/** The near end of an upload in a store worker. One call at a time. */
export class WorkerUpload {
  readonly #id: number;
  readonly #post: Send;
  readonly #limit: number;
  readonly #startTimer: StartTimer;
  #request: OpenRequest | undefined;
  #inFlight = 0;
  #failure: StoreWorkerError | undefined;
  #ended: Ended | undefined;
  #onHashed: OnHashed | undefined;
  /** Called when less is in flight than before. */
  onWritten: (() => void) | undefined;
  #wake: (() => void) | undefined;

  /** @param stallLimit in milliseconds */
  constructor(
    id: number,
    request: OpenRequest,
    post: Send,
    stallLimit = STALL_LIMIT,
    startTimer: StartTimer = systemTimer,
  ) {
    this.#id = id;
    this.#request = request;
    this.#post = post;
    this.#limit = stallLimit;
    this.#startTimer = startTimer;
  }

  /** Bytes that the worker hasn't handed to the system yet. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /**
   * Takes chunks that own their buffers.
   * @param onHashed told the hashes before a commit brings the bytes to the disk
   * @throws StoreWorkerError of an earlier chunk
   */
  send(
    chunks: readonly Uint8Array<ArrayBuffer>[],
    then?: End | "pause",
    onHashed?: OnHashed,
  ): void {
    if (this.#failure !== undefined) throw this.#failure;
    for (const chunk of chunks) this.#inFlight += chunk.length;
    this.#onHashed = onHashed;
    this.#post({
      upload: this.#id,
      ...(this.#request === undefined ? {} : { open: this.#request }),
      chunks,
      ...(then === undefined ? {} : then === "pause" ? { pause: true } : { end: then }),
      ...(onHashed === undefined ? {} : { hashesFirst: true }),
    }, chunks.map((chunk) => chunk.buffer));
    this.#request = undefined;
  }

  /** Resolves when at most `bytes` are in flight. @throws StoreWorkerError */
  room(bytes: number): Promise<void> {
    return this.#until(() => this.#inFlight <= bytes);
  }

  /** Resolves when the worker has done what the message with `end` asked for. @throws StoreWorkerError */
  async ended(): Promise<Ended> {
    await this.#until(() => this.#ended !== undefined);
    return this.#ended!;
  }

  receive(message: FromWorker): void {
    this.#inFlight -= message.written;
    this.#ended = message.ended;
    if (message.failed !== undefined) {
      const { action, code, message: text } = message.failed;
      this.fail(new StoreWorkerError(action, code, text));
    }
    if (this.#failure === undefined && message.written > 0) this.onWritten?.();
    if (message.hashes !== undefined) this.#onHashed?.(message.hashes);
    this.#wake?.();
  }

  fail(failure: StoreWorkerError): void {
    this.#failure ??= failure;
    this.#wake?.();
  }

  async #until(isSo: () => boolean): Promise<void> {
    let stopTimer: (() => void) | undefined;
    try {
      while (!isSo() || this.#failure !== undefined) {
        if (this.#failure !== undefined) throw this.#failure;
        stopTimer = this.#startTimer(() => this.#giveUp(), this.#limit);
        await new Promise<void>((resolve) => this.#wake = resolve);
        stopTimer(); // something happened
      }
    } finally {
      this.#wake = undefined;
      stopTimer?.();
    }
  }

  #giveUp(): void {
    const seconds = this.#limit / 1000;
    this.fail(new StoreWorkerError("write", "ETIMEDOUT", `the disk did nothing for ${seconds} s`));
    this.#post({ upload: this.#id, end: "close" }, []); // should it come to: it has the file open, and locked
  }
}

function systemTimer(run: () => void, milliseconds: number): () => void {
  const timer = setTimeout(run, milliseconds);
  return () => clearTimeout(timer);
}
