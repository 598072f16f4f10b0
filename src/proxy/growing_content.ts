import type { ByteSource } from "../async/byte_source.ts";
import { RelayBuffer } from "./relay_buffer.ts";
import { SHARED_REACH, SharedChunks } from "./shared_chunks.ts";

/** The last bytes of a blob, which nobody gets before all of it is verified: so no wrong body is ever complete. */
export const HELD_BACK = 64 * 1024;
/** So far behind the end of what is written a file is in memory surely enough for a blocking read. */
const JUST_WRITTEN = 256 * 1024 * 1024;
/** Bytes that a relay may be ahead of its slowest reader. */
const RELAY_CREDIT = 8 * 1024 * 1024;

type Bytes = Uint8Array<ArrayBuffer>;

/** Somebody who reads; where tells a relay what is still needed. */
export interface Reader {
  readonly position: number;
}

/**
 * The bytes of one fill, as its readers see them: those that are there, those that are held back, and those to come. At first they
 * lie in a file; when the disk will take no more, the rest is only in memory while it passes.
 */
export class GrowingContent {
  readonly #readers = new Set<Reader>();
  readonly #shared = new SharedChunks((into, position) => this.#readNow(into, position));
  #file: ByteSource | undefined;
  #opening: Promise<void> | undefined;
  #relay: RelayBuffer | undefined;
  /** Bytes that are there. */
  #written = 0;
  #isVerified = false;
  #failure: Error | undefined;
  #changed = Promise.withResolvers<void>();
  /** Resolves when a reader got on, or left. */
  #moved = Promise.withResolvers<void>();
  /** Whether nobody writes any more. */
  #ended = false;

  /**
   * @param size of the whole blob
   * @param openFile a reader of what is written, once some is
   */
  constructor(readonly size: number, private readonly openFile: () => Promise<ByteSource>) {}

  /** Bytes that are there, those that are held back included. */
  get written(): number {
    return this.#written;
  }

  /** Bytes that readers may have. */
  get limit(): number {
    return this.#isVerified ? this.#written : Math.min(this.#written, this.size - HELD_BACK);
  }

  // What the fill tells

  /** So many bytes lie in the file. */
  grow(written: number): void {
    this.#written = written;
    this.#wake();
  }

  /** All is there, and right. */
  verify(): void {
    this.#isVerified = true;
    this.#written = this.size;
    this.#wake();
  }

  /** What is not there by now will never be; what is there can be read on. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#wake();
  }

  /** Nothing will be written any more: memory and file go with the last reader. */
  end(): void {
    this.#ended = true;
    this.#release();
  }

  /** From here on bytes are only passed on; what lies in the file before is read from there. */
  startRelay(position: number): void {
    this.#relay = new RelayBuffer(position);
    this.#written = position;
    this.#isVerified = false; // what is passed on now is only known when all of it came
    this.#wake();
  }

  /** Takes a chunk to pass on; resolves when the slowest reader has room for more, or nobody is left. */
  async relay(chunk: Bytes): Promise<void> {
    const relay = this.#relay;
    if (relay === undefined) throw new Error("Cannot relay: the bytes go to a file");
    relay.add(chunk);
    this.#written = relay.end;
    this.#wake();
    while (relay.end - this.slowest > RELAY_CREDIT) await this.#moved.promise;
    relay.drop(this.slowest);
  }

  /** Where the reader is that is least far; Infinity without any. */
  get slowest(): number {
    let slowest = Infinity;
    for (const { position } of this.#readers) slowest = Math.min(slowest, position);
    return slowest;
  }

  /** Nobody needs what lies in the file any more. */
  dropFile(): void {
    this.#shared.clear();
    this.#file?.close();
  }

  // What readers ask

  join(reader: Reader): void {
    this.#readers.add(reader);
  }

  leave(reader: Reader): void {
    this.#readers.delete(reader);
    this.moved();
    this.#release();
  }

  /** A reader is elsewhere now. */
  moved(): void {
    if (this.#relay === undefined) return;
    this.#moved.resolve();
    this.#moved = Promise.withResolvers();
  }

  /** Resolves when there is something to be read at `position`; undefined: there is. @throws when there never will be */
  ready(position: number): Promise<void> | undefined {
    return this.#isReadable(position) ? undefined : this.#wait(position);
  }

  /** What several readers need is read once, and shared. */
  view(position: number, length: number): Bytes | undefined {
    if (!this.#isReadable(position)) return undefined;
    const most = Math.min(length, this.limit - position);
    if (this.#isRelayed(position)) return this.#relayed(position, most);
    const end = Math.min(this.limit, this.#relay?.start ?? Infinity);
    if (this.#readers.size < 2 || position < end - SHARED_REACH) return undefined;
    return this.#shared.view(position, length, end);
  }

  /** Undefined when it would have to be waited for. */
  readNow(into: Bytes, position: number): number | undefined {
    if (position >= this.size) return 0;
    if (!this.#isReadable(position)) return undefined;
    if (!this.#isRelayed(position)) return this.#readNow(this.#clip(into, position), position);
    const bytes = this.#relayed(position, Math.min(into.length, this.limit - position));
    into.set(bytes);
    return bytes.length;
  }

  async read(into: Bytes, position: number): Promise<number> {
    for (;;) {
      await this.ready(position);
      if (position >= this.size || this.#isRelayed(position)) {
        return this.readNow(into, position) ?? 0;
      }
      const count = await this.#file?.read(this.#clip(into, position), position) ?? 0;
      if (count > 0) return count;
      this.#lose(position);
    }
  }

  /** Whatever lies in the file from `position` on, held back or not; 0 at its end. */
  async readFile(into: Bytes, position: number): Promise<number> {
    await this.#open();
    return await this.#file?.read(into, position) ?? 0;
  }

  #isReadable(position: number): boolean {
    if (position >= this.size) return true;
    return position < this.limit && (this.#file !== undefined || this.#isRelayed(position));
  }

  #isRelayed(position: number): boolean {
    return this.#relay !== undefined && position >= this.#relay.start;
  }

  #relayed(position: number, length: number): Bytes {
    const bytes = this.#relay?.view(position, length);
    if (bytes !== undefined) return bytes;
    throw new Error(`Cannot read at ${position}: it was passed on already, and could not be kept`);
  }

  async #wait(position: number): Promise<void> {
    while (!this.#isReadable(position)) {
      if (position < this.limit) await this.#open();
      else if (this.#failure !== undefined) throw this.#failure;
      else await this.#changed.promise;
    }
  }

  #open(): Promise<void> {
    return this.#opening ??= this.openFile().then((file) => {
      this.#file = file;
      this.#release();
    }).catch((error) => {
      this.#opening = undefined;
      throw error;
    });
  }

  #readNow(into: Bytes, position: number): number | undefined {
    if (position < this.#written - JUST_WRITTEN) return undefined;
    const count = this.#file?.readNow?.(into, position);
    if (count === 0 && into.length > 0) this.#lose(position);
    return count === 0 ? undefined : count;
  }

  /** A disk that failed has cut off what it had taken: that has to come once more. */
  #lose(position: number): void {
    if (this.#ended) {
      throw new Error(`Cannot read at ${position}: the disk has lost what was written there`);
    }
    this.#written = Math.min(this.#written, position);
    this.#isVerified = false;
  }

  #clip(into: Bytes, position: number): Bytes {
    const end = Math.min(this.limit, this.#relay?.start ?? Infinity);
    return into.subarray(0, Math.max(0, end - position));
  }

  #release(): void {
    if (!this.#ended || this.#readers.size > 0) return;
    this.dropFile();
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
