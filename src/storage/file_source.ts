import type { ByteSource } from "../async/byte_source.ts";
import type { OpenFile, SystemStat } from "./file_system.ts";
import { readFully } from "./file_system.ts";
import { storageError } from "./system_error.ts";
import type { WarmFiles } from "./warm_files.ts";

/** A blocking read that took longer came from the disk, in milliseconds. */
const SLOW_READ = 3;

export interface SourceContext {
  readonly driver: string;
  readonly path: string;
  readonly warm: WarmFiles;
  /** Milliseconds, from any start. */
  readonly now: () => number;
  /** Called once, when the file was given back. */
  readonly onClose: (source: FileSource) => void;
  /** See ReadOptions. */
  readonly growing?: boolean | undefined;
}

/** An open file as a ByteSource. Reads that overlap are done one after the other. */
export class FileSource implements ByteSource {
  readonly size: number;
  readonly #file: OpenFile;
  readonly #inode: number;
  readonly #context: SourceContext;
  /** The last read that was begun, while it runs. */
  #reading: Promise<unknown> | undefined;
  /** Everything before this position was read. */
  #readUpTo = 0;
  #closed = false;

  constructor(file: OpenFile, stat: SystemStat, context: SourceContext) {
    this.size = context.growing ? Infinity : stat.size;
    this.#file = file;
    this.#inode = stat.inode;
    this.#context = context;
  }

  async read(into: Uint8Array<ArrayBuffer>, position: number): Promise<number> {
    this.#check(position);
    const before = this.#reading;
    const reading = before === undefined
      ? this.#readNext(into, position)
      : before.then(() => this.#readNext(into, position), () => this.#readNext(into, position));
    this.#reading = reading;
    try {
      return await reading;
    } finally {
      if (this.#reading === reading) {
        this.#reading = undefined;
        if (this.#closed) this.#giveBack();
      }
    }
  }

  readNow(into: Uint8Array<ArrayBuffer>, position: number): number | undefined {
    this.#check(position);
    const { warm, now, growing } = this.#context;
    if (this.#reading !== undefined) return undefined;
    if (growing) return this.#readBlocking(into, position);
    if (!warm.has(this.#inode, this.size)) return undefined;
    const start = now();
    const count = this.#readBlocking(this.#clip(into, position), position);
    if (now() - start > SLOW_READ) warm.remove(this.#inode);
    return count;
  }

  /** While a read is under way the file is given back after it: closed under it, the read would fail with nobody to hear. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#reading === undefined) this.#giveBack();
  }

  async #readNext(into: Uint8Array<ArrayBuffer>, position: number): Promise<number> {
    try {
      const count = await readFully(this.#file, this.#clip(into, position), position);
      this.#note(position, count);
      return count;
    } catch (error) {
      throw this.#error(error);
    }
  }

  #readBlocking(into: Uint8Array<ArrayBuffer>, position: number): number {
    let done = 0;
    try {
      while (done < into.length) {
        const count = this.#file.readNow(into.subarray(done), position + done);
        if (count === 0) break;
        done += count;
      }
    } catch (error) {
      throw this.#error(error);
    }
    return done;
  }

  /** What of `into` can be filled: asking past the end would cost a call that reads nothing. */
  #clip(into: Uint8Array<ArrayBuffer>, position: number): Uint8Array<ArrayBuffer> {
    return into.subarray(0, Math.max(0, this.size - position));
  }

  #note(position: number, count: number): void {
    if (count === 0 || position > this.#readUpTo || this.#readUpTo >= this.size) return;
    this.#readUpTo = Math.max(this.#readUpTo, position + count);
    if (this.#readUpTo >= this.size) this.#context.warm.add(this.#inode, this.size);
  }

  #giveBack(): void {
    this.#file.close();
    this.#context.onClose(this);
  }

  #check(position: number): void {
    if (this.#closed) throw this.#error(new Error("the source is closed"));
    if (!Number.isSafeInteger(position) || position < 0) {
      throw new RangeError(`Cannot read ${this.#context.path}: position is ${position}`);
    }
  }

  #error(error: unknown): Error {
    return storageError(this.#context.driver, "read", this.#context.path, error);
  }
}
