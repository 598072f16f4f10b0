import type { IncomingMessage } from "node:http";
import { ClientGoneError, StalledError } from "./exchange.ts";
import type { StallWatch, Waiting } from "./stall_watch.ts";

/** Chunks that may lie here before the socket is paused. */
const QUEUED_CHUNKS = 4;

type Chunk = Uint8Array<ArrayBuffer>;

/** The chunks of a request's body, pulled: nothing is taken from the socket before the first `next()`. */
export class RequestBody implements AsyncIterableIterator<Chunk>, Waiting {
  waitingSince: number | undefined;
  readonly #queue: Chunk[] = [];
  #next: PromiseWithResolvers<IteratorResult<Chunk>> | undefined;
  #failure: Error | undefined;
  #started = false;
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

  next(): Promise<IteratorResult<Chunk>> {
    if (!this.#started) this.#start();
    const chunk = this.#queue.shift();
    if (chunk !== undefined) {
      if (this.#queue.length === 0 && !this.#ended) this.request.resume();
      return Promise.resolve({ done: false, value: chunk });
    }
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    this.#next = Promise.withResolvers();
    this.waitingSince = this.watch.now();
    this.request.resume();
    return this.#next.promise;
  }

  /** The consumer breaks off: the rest stays unread. */
  return(): Promise<IteratorResult<Chunk>> {
    this.#stop();
    this.request.pause();
    return Promise.resolve({ done: true, value: undefined });
  }

  onStall(): void {
    this.#fail(new StalledError("Cannot go on: the client has stopped sending"));
  }

  #start(): void {
    this.#started = true;
    this.watch.add(this);
    this.request.on("data", this.#onData).on("end", this.#onEnd);
    this.request.on("error", this.#onGone).on("close", this.#onGone).on("aborted", this.#onGone);
    if (this.request.readableEnded) this.#onEnd();
    else if (this.request.destroyed) this.#onGone();
    this.onStart();
  }

  readonly #onData = (chunk: Chunk) => {
    if (this.#next) this.#settle((next) => next.resolve({ done: false, value: chunk }));
    else if (this.#queue.push(chunk) >= QUEUED_CHUNKS) this.request.pause();
  };

  readonly #onEnd = () => {
    this.#ended = true;
    this.#stop();
    this.#settle((next) => next.resolve({ done: true, value: undefined }));
  };

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
    this.waitingSince = undefined;
    if (next) act(next);
  }

  #stop(): void {
    this.watch.remove(this);
    this.request.off("data", this.#onData).off("end", this.#onEnd);
    this.request.off("close", this.#onGone).off("aborted", this.#onGone);
    // "error" stays listened to: an unheard one would end the process.
  }
}
