import type { IncomingMessage } from "node:http";
import { ClientGoneError, StalledError } from "./exchange.ts";
import { afterOthers } from "./rounds.ts";
import type { StallWatch, Transfer } from "./stall_watch.ts";

/** Chunks (64 KiB each on Deno) that may lie here before the socket is paused. */
const MOST_QUEUED = 4;

/** Bytes after which other requests have their turn. */
const TURN = 1024 * 1024;

type Chunk = Uint8Array<ArrayBuffer>;

/**
 * The chunks of a request's body, pulled: nothing is asked of the socket before the first `next()`. One consumer, one `next()` at a
 * time. Deno gives every chunk a buffer of its own, so the taker may transfer it.
 */
export class RequestBody implements AsyncIterableIterator<Chunk>, Transfer {
  progress = 0;
  readonly #queue: Chunk[] = [];
  #next: PromiseWithResolvers<IteratorResult<Chunk>> | undefined;
  #failure: Error | undefined;
  #started = false;
  /** What `progress` was when the others last had their turn. */
  #turnBegan = 0;
  #ended = false;

  /** @param onStart called before the first chunk is asked for: the place to answer `Expect: 100-continue` */
  constructor(
    private readonly request: IncomingMessage,
    private readonly watch: StallWatch,
    private readonly onStart: () => void,
  ) {}

  [Symbol.asyncIterator](): this {
    return this;
  }

  get waiting(): boolean {
    return this.#next !== undefined;
  }

  next(): Promise<IteratorResult<Chunk>> {
    if (!this.#started) this.#start();
    const isTurnOver = this.progress - this.#turnBegan >= TURN;
    return isTurnOver && !this.#ended ? this.#nextTurn() : this.#take();
  }

  async #nextTurn(): Promise<IteratorResult<Chunk>> {
    this.#turnBegan = this.progress;
    this.request.pause();
    await new Promise<void>(afterOthers);
    return await this.#take();
  }

  #take(): Promise<IteratorResult<Chunk>> {
    const chunk = this.#queue.shift();
    if (chunk !== undefined) {
      if (this.#queue.length === 0 && !this.#ended) this.request.resume();
      return Promise.resolve({ done: false, value: chunk });
    }
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    this.#next = Promise.withResolvers();
    this.request.resume();
    return this.#next.promise;
  }

  /** The consumer breaks off: the rest stays unread. */
  return(): Promise<IteratorResult<Chunk>> {
    this.#stop();
    this.#ended = true;
    this.#queue.length = 0;
    this.request.pause();
    return Promise.resolve({ done: true, value: undefined });
  }

  onStall(): void {
    this.#fail(new StalledError("Cannot go on: the client has stopped sending its body"));
  }

  #start(): void {
    this.#started = true;
    this.request.on("data", this.#onData).on("end", this.#onEnd);
    this.request.on("error", this.#onGone).on("close", this.#onGone);
    if (this.request.readableEnded) this.#onEnd();
    else if (this.request.destroyed) this.#onGone();
    else {
      this.watch.add(this);
      this.onStart();
    }
  }

  readonly #onData = (chunk: Chunk) => {
    this.progress += chunk.length;
    if (this.#next) this.#settle((next) => next.resolve({ done: false, value: chunk }));
    else if (this.#queue.push(chunk) >= MOST_QUEUED) this.request.pause();
  };

  readonly #onEnd = () => {
    this.#ended = true;
    this.#stop();
    this.#settle((next) => next.resolve({ done: true, value: undefined }));
  };

  /** Broken off, cut, or malformed: in each case there is no rest. */
  readonly #onGone = () => {
    if (!this.#ended) this.#fail(new ClientGoneError("client disconnected"));
  };

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#stop();
    this.#settle((next) => next.reject(error));
  }

  #settle(act: (next: PromiseWithResolvers<IteratorResult<Chunk>>) => void): void {
    const next = this.#next;
    this.#next = undefined;
    if (next) act(next);
  }

  #stop(): void {
    this.watch.remove(this);
    this.request.off("data", this.#onData).off("end", this.#onEnd).off("close", this.#onGone);
    // "error" stays listened to: an unheard one would end the process.
  }
}
