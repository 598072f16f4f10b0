import type { ServerResponse } from "node:http";
import type { Region } from "../async/byte_source.ts";
import type { StallWatch, Transfer } from "./stall_watch.ts";
import { type PumpSide, Transmission } from "./transmission.ts";

/** A region up to this size goes out like any small answer, in one write. */
const SMALL = 64 * 1024;
/** Bytes of a step, by how many transmissions are under way: one is what a stalled client costs. */
const CHUNKS = [
  { upTo: 1, length: 512 * 1024 },
  { upTo: 16, length: 256 * 1024 },
  { upTo: 64, length: 128 * 1024 },
] as const;
const SHORTEST_CHUNK = 64 * 1024;
/** Buffers of this length are kept for the next chunks, … */
const SPARE_LENGTH = 256 * 1024;
/** … so many. */
const MOST_SPARE = 16;
/**
 * A turn ends after this long or this many writes: the socket's work happens after the write, unseen by the clock. It goes on by
 * setTimeout(0); setImmediate would starve I/O on Deno (p99 of others with 50 downloads: 9-12 ms, against 113-178 ms without turns).
 */
const TURN_MS = 1;
const TURN_WRITES = 24;

type Bytes = Uint8Array<ArrayBuffer>;

/** When the pump goes on; tests bring their own. */
export interface Turns {
  /** In milliseconds, on a clock that only goes forward. */
  now(): number;
  /** At once: the first step of an idle pump, since a lone client would be slow if it waited for timers. */
  soon(run: () => void): void;
  /** After the other work that is ready. */
  later(run: () => void): void;
}

const turnsOfTheLoop: Turns = {
  now: () => performance.now(),
  soon: (run) => queueMicrotask(run),
  later: (run) => void setTimeout(run, 0),
};

/** Sends the content of blobs to all clients in turns, one chunk at a time, so that a fast reader does not hold up the others. */
export class Pump {
  readonly #ready: Transmission[] = [];
  readonly #spare: Bytes[] = [];
  #active = 0;
  #running = false;

  constructor(
    private readonly watch: StallWatch,
    private readonly turns: Turns = turnsOfTheLoop,
  ) {}

  /** A small region as a whole, read at once; undefined when it is larger or would have to be waited for. */
  whole({ source, start, end }: Region): Bytes | undefined {
    const length = end - start;
    if (length > SMALL) return undefined;
    const view = source.view?.(start, length);
    if (view?.length === length) return view;
    const into = new Uint8Array(length);
    return source.readNow?.(into, start) === length ? into : undefined;
  }

  /**
   * Resolves when the region was handed to the socket, or when the client has gone; rejects when it cannot be read. The source stays
   * open.
   * @param sent told of every chunk
   */
  async send(
    response: ServerResponse,
    region: Region,
    sent: (bytes: number) => void,
  ): Promise<void> {
    const transmission = new Transmission(response, region, sent, this.#side);
    this.#active++;
    this.watch.add(transmission);
    try {
      await transmission.run();
    } finally {
      this.watch.remove(transmission);
      this.#active--;
    }
  }

  readonly #side: PumpSide = {
    enqueue: (transmission) => {
      this.#ready.push(transmission);
      if (this.#running) return;
      this.#running = true;
      this.turns.soon(this.#turn);
    },
    isAlone: () => this.#active === 1,
    chunkLength: () => this.#chunkLength(),
    takeBuffer: (left) => {
      const length = Math.min(left, this.#chunkLength());
      return length === SPARE_LENGTH && this.#spare.pop() || new Uint8Array(length);
    },
    giveBack: (buffer) => {
      if (buffer.length === SPARE_LENGTH && this.#spare.length < MOST_SPARE) {
        this.#spare.push(buffer);
      }
    },
  };

  #chunkLength(): number {
    return CHUNKS.find(({ upTo }) => this.#active <= upTo)?.length ?? SHORTEST_CHUNK;
  }

  readonly #turn = () => {
    const until = this.turns.now() + TURN_MS;
    for (let writes = 0; writes < TURN_WRITES; writes++) {
      const transmission = this.#ready.shift();
      if (transmission === undefined) {
        this.#running = false;
        return;
      }
      transmission.step();
      if (this.turns.now() >= until) break;
    }
    this.turns.later(this.#turn);
  };
}

/** Resolves when the answer has room for more, or nobody is left to take it. */
export function roomIn(response: ServerResponse, watch: StallWatch): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const wait: Transfer = { waiting: true, progress: 0, onStall: () => response.destroy() };
  watch.add(wait);
  response.on("drain", resolve).on("close", resolve);
  return promise.finally(() => {
    watch.remove(wait);
    response.off("drain", resolve).off("close", resolve);
  });
}
