import type { ServerResponse } from "node:http";
import type { Region } from "../async/byte_source.ts";
import type { StallWatch, Waiting } from "./stall_watch.ts";

/** Bytes a step sends: large enough for the socket, small enough that a turn of many clients stays short. */
const CHUNK = 256 * 1024;
/**
 * A turn ends after this long or this many writes; the socket work that a write causes happens after the step, unseen by the clock.
 * It goes on by setTimeout(0), since setImmediate starves I/O on Deno (reference figures: p99 of others 9-12 ms with 50 downloads).
 */
const TURN_MS = 1;
const TURN_WRITES = 24;
/** Buffers kept for the next chunks, 16 MiB in all. */
const SPARE_BUFFERS = 64;

type Buffer = Uint8Array<ArrayBuffer>;

/** Sends regions of blobs to all clients in turns, so that a fast one does not hold up the others. */
export class Pump {
  readonly #ready: Sending[] = [];
  readonly #spare: Buffer[] = [];
  #running = false;

  constructor(private readonly watch: StallWatch) {}

  /** Resolves when the region was handed to the socket, or the client has gone. Closes the source. Rejects when it cannot be read. */
  async send(
    response: ServerResponse,
    region: Region,
    sent: (bytes: number) => void,
  ): Promise<void> {
    const sending = new Sending(
      response,
      region,
      sent,
      this.watch,
      this.#ready,
      () => this.#wake(),
      this.#spare,
    );
    this.watch.add(sending);
    try {
      sending.begin();
      await sending.done;
    } finally {
      this.watch.remove(sending);
      sending.end();
    }
  }

  #wake(): void {
    if (this.#running) return;
    this.#running = true;
    // The first step of an idle pump must not wait for a timer: a lone client would be slow.
    queueMicrotask(() => this.#turn());
  }

  #turn(): void {
    const until = performance.now() + TURN_MS;
    for (let writes = 0; writes < TURN_WRITES; writes++) {
      const sending = this.#ready.shift();
      if (sending === undefined) {
        this.#running = false;
        return;
      }
      sending.step();
      if (performance.now() > until) break;
    }
    setTimeout(() => this.#turn(), 0);
  }
}

/** One region on its way to one client. */
class Sending implements Waiting {
  waitingSince: number | undefined;
  readonly #finished = Promise.withResolvers<void>();
  #position: number;
  /** A chunk that was read ahead of its turn. */
  #chunk: Buffer | undefined;
  #reading = false;
  /** Whether reading has had to wait: then it goes on while the socket is busy. */
  #slow = false;
  #over = false;

  constructor(
    private readonly response: ServerResponse,
    private readonly region: Region,
    private readonly sent: (bytes: number) => void,
    private readonly watch: StallWatch,
    private readonly ready: Sending[],
    private readonly wake: () => void,
    private readonly spare: Buffer[],
  ) {
    this.#position = region.start;
  }

  get done(): Promise<void> {
    return this.#finished.promise;
  }

  begin(): void {
    this.response.on("drain", this.#onDrain).on("close", this.#onClose);
    if (this.response.destroyed) this.#onClose();
    else this.#queue();
  }

  end(): void {
    this.#over = true;
    this.response.off("drain", this.#onDrain).off("close", this.#onClose);
    this.region.source.close();
  }

  onStall(): void {
    this.response.destroy();
    this.#onClose();
  }

  step(): void {
    if (this.#over) return;
    if (this.#position >= this.region.end) return this.#finished.resolve();
    try {
      const chunk = this.#chunk ?? this.#take();
      this.#chunk = undefined;
      if (chunk !== undefined) this.#write(chunk);
    } catch (error) {
      this.#finished.reject(error);
    }
  }

  /** The next bytes, or undefined when they have to be waited for; the step is repeated then. */
  #take(): Buffer | undefined {
    const { source, end } = this.region;
    const length = Math.min(CHUNK, end - this.#position);
    const view = source.view?.(this.#position, length);
    if (view !== undefined && view.length > 0) return view;
    const into = (this.spare.pop() ?? new Uint8Array(CHUNK)).subarray(0, length);
    const read = source.readNow?.(into, this.#position);
    if (read !== undefined) return this.#whole(into, read);
    this.#slow = true;
    this.#readAhead(into);
    return undefined;
  }

  /** Has the next bytes fetched from where they may take their time. */
  #readAhead(into: Buffer): void {
    this.#reading = true;
    this.region.source.read(into, this.#position).then((count) => {
      this.#reading = false;
      this.#chunk = this.#whole(into, count);
      this.#queue();
    }).catch((error) => this.#finished.reject(error));
  }

  #whole(into: Buffer, read: number): Buffer {
    if (read > 0) return into.subarray(0, read);
    throw new Error(
      `Cannot send the rest of a blob: it ends at ${this.#position} instead of ${this.region.end}`,
    );
  }

  #write(chunk: Buffer): void {
    this.#position += chunk.length;
    this.sent(chunk.length);
    const mayReuse = chunk.buffer.byteLength === CHUNK && this.region.source.view === undefined;
    const room = this.response.write(chunk, () => {
      if (mayReuse && this.spare.length < SPARE_BUFFERS) {
        this.spare.push(new Uint8Array(chunk.buffer));
      }
    });
    if (room) return this.#queue();
    this.waitingSince = this.watch.now();
    if (this.#position >= this.region.end || this.#over) return;
    // The disk may work while the socket does.
    if (this.#slow) {
      this.#readAhead(new Uint8Array(Math.min(CHUNK, this.region.end - this.#position)));
    }
  }

  /** Once there is room in the socket and nothing is being read. */
  #queue(): void {
    if (this.#over || this.#reading || this.waitingSince !== undefined) return;
    this.ready.push(this);
    this.wake();
  }

  readonly #onDrain = () => {
    if (this.waitingSince === undefined) return;
    this.waitingSince = undefined;
    this.#queue();
  };

  readonly #onClose = () => {
    this.#over = true;
    this.#finished.resolve();
  };
}
