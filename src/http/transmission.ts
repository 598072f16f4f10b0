import type { ServerResponse } from "node:http";
import type { Region } from "../async/byte_source.ts";
import type { Transfer } from "./stall_watch.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What a transmission needs of its pump. */
export interface PumpSide {
  /** Asks for a turn; each is one call of `step`. */
  enqueue(ready: Transmission): void;
  /** Bytes of the next chunk, at most. */
  chunkLength(): number;
  /** Something to read a chunk into, for no more than `left` bytes. */
  takeBuffer(left: number): Bytes;
  /** Takes back a buffer that nothing reads or writes any more. */
  giveBack(buffer: Bytes): void;
}

interface Chunk {
  readonly bytes: Bytes;
  /** What the bytes lie in, when it is ours to use again. */
  readonly buffer?: Bytes;
}

/**
 * One region on its way to one client. At most one chunk is in the socket; while that is under way, the next is read ahead if reading
 * means waiting for a disk.
 */
export class Transmission implements Transfer {
  /** Whether the socket is full. */
  waiting = false;
  progress = 0;
  readonly #finished = Promise.withResolvers<void>();
  /** Where the next chunk to be written begins. */
  #position: number;
  #ahead: Chunk | undefined;
  #reading: Promise<void> | undefined;
  /** Whether the source is waited for, which has nothing at the position yet. */
  #awaiting = false;
  /** Whether reading has meant waiting before. */
  #slow = false;
  #queued = false;
  #over = false;

  /** @param sent told of every chunk */
  constructor(
    private readonly response: ServerResponse,
    private readonly region: Region,
    private readonly sent: (bytes: number) => void,
    private readonly pump: PumpSide,
  ) {
    this.#position = region.start;
  }

  /** Resolves when all was handed to the socket, or nobody is there to take it; rejects when it cannot be read. */
  async run(): Promise<void> {
    const { response } = this;
    if (response.destroyed || this.#position >= this.region.end) return;
    response.on("drain", this.#onDrain).on("close", this.#onClose).on("error", ignore);
    this.#proceed();
    try {
      await this.#finished.promise;
    } finally {
      this.#over = true;
      response.off("drain", this.#onDrain).off("close", this.#onClose);
      await this.#reading; // a source is not closed under a read
      if (this.#ahead?.buffer) this.pump.giveBack(this.#ahead.buffer);
    }
  }

  /** Writes one chunk, if one is at hand. */
  step(): void {
    this.#queued = false;
    if (this.#over) return;
    try {
      const chunk = this.#ahead ?? this.#readNow();
      this.#ahead = undefined;
      if (chunk !== undefined) this.#write(chunk);
    } catch (error) {
      this.#finished.reject(error);
    }
  }

  /** The client takes nothing any more. */
  onStall(): void {
    this.response.destroy();
    this.#onClose();
  }

  #write({ bytes, buffer }: Chunk): void {
    const { response, region, pump } = this;
    this.#position += bytes.length;
    this.progress += bytes.length;
    this.sent(bytes.length);
    const room = buffer === undefined
      ? response.write(bytes)
      : response.write(bytes, () => pump.giveBack(buffer));
    if (this.#position >= region.end) return this.#finish();
    this.waiting = !room;
    if (this.#slow) this.#ahead = this.#readNow();
    this.#proceed();
  }

  /** The next bytes; undefined when they have to be waited for, which has begun then. */
  #readNow(): Chunk | undefined {
    const { source, end } = this.region;
    const left = end - this.#position;
    const bytes = source.view?.(this.#position, Math.min(left, this.pump.chunkLength()));
    if (bytes !== undefined) return { bytes: this.#checked(bytes, bytes.length) };
    const ready = source.ready?.(this.#position);
    if (ready !== undefined) {
      this.#await(ready);
      return undefined;
    }
    const buffer = this.pump.takeBuffer(left);
    const into = buffer.subarray(0, Math.min(left, buffer.length));
    const read = source.readNow?.(into, this.#position);
    if (read !== undefined) return { bytes: this.#checked(into, read), buffer };
    this.#readLater(buffer);
    return undefined;
  }

  #await(ready: Promise<void>): void {
    this.#awaiting = true;
    // A client shall know that its answer has begun; without a body node keeps the head.
    if (this.#position === this.region.start) this.response.flushHeaders();
    ready.then(() => {
      this.#awaiting = false;
      this.#proceed();
    }, (error) => this.#finished.reject(error));
  }

  #readLater(buffer: Bytes): void {
    this.#slow = true;
    const { source, end } = this.region;
    const into = buffer.subarray(0, Math.min(end - this.#position, buffer.length));
    this.#reading = source.read(into, this.#position).then((read) => {
      this.#ahead = { bytes: this.#checked(into, read), buffer };
    }).catch((error) => this.#finished.reject(error)).finally(() => {
      this.#reading = undefined;
      this.#proceed();
    });
  }

  #checked(bytes: Bytes, read: number): Bytes {
    if (read > 0) return bytes.subarray(0, read);
    const { end } = this.region;
    throw new Error(`Cannot send the rest of a blob: it ends at ${this.#position}, not at ${end}`);
  }

  /** Asks for a turn, unless it has one coming or waits for the socket, the disk, or what a source does not have yet. */
  #proceed(): void {
    if (this.#over || this.#queued || this.waiting || this.#reading || this.#awaiting) return;
    this.#queued = true;
    this.pump.enqueue(this);
  }

  readonly #onDrain = () => {
    this.waiting = false;
    this.#proceed();
  };

  readonly #onClose = () => this.#finish();

  #finish(): void {
    this.#over = true;
    this.#finished.resolve();
  }
}

/** A broken connection shows in "close"; an unheard "error" would end the process. */
function ignore(): void {}
