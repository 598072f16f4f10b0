import type { HashName } from "./driver.ts";
import { type OpenFile, readFully, writeAll } from "./file_system.ts";
import { Hashes } from "./hashes.ts";
import type { Ended } from "./store_worker_protocol.ts";

/** A small file that is hashed and written by the isolate that serves requests. */
export class SmallFile {
  readonly #file: OpenFile;
  readonly #hashes: Hashes;
  #size: number;

  private constructor(file: OpenFile, hashes: Hashes, size: number) {
    this.#file = file;
    this.#hashes = hashes;
    this.#size = size;
  }

  /** Takes over a file that was just made with these bytes in it. */
  static created(
    file: OpenFile,
    bytes: Uint8Array<ArrayBuffer>,
    names: Iterable<HashName>,
  ): SmallFile {
    const hashes = new Hashes(names);
    hashes.update(bytes);
    return new SmallFile(file, hashes, bytes.length);
  }

  /**
   * Takes over an open file, and closes it when that fails.
   * @param size bytes that it has; it is an error when there are more or fewer, unless they are truncated
   */
  static async open(
    file: OpenFile,
    size: number,
    truncate: boolean,
    names: Iterable<HashName>,
  ): Promise<SmallFile> {
    try {
      if (truncate) await file.truncate(0);
      const found = file.stat().size;
      const expected = truncate ? 0 : size;
      if (found !== expected) {
        throw new Error(`the file has ${found} bytes instead of ${expected}: another writes it`);
      }
      const hashes = new Hashes(names);
      if (!hashes.isEmpty && found > 0) {
        const before = new Uint8Array(found);
        hashes.update(before.subarray(0, await readFully(file, before, 0)));
      }
      return new SmallFile(file, hashes, found);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  addHash(name: HashName): void {
    this.#hashes.add(name);
  }

  async append(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#hashes.update(bytes);
    await writeAll(this.#file, bytes, this.#size);
    this.#size += bytes.length;
  }

  /** Brings the bytes to stable storage. */
  async commit(): Promise<Ended> {
    try {
      await this.#file.sync();
    } catch (error) {
      // The kernel takes the lost pages for clean now, and the next sync would succeed. So what may be lost is cut off.
      await this.#file.truncate(0).catch(() => {}); // the sync's failure is the one to report
      throw error;
    }
    const { inode, size } = this.#file.stat();
    return { inode, size, hashes: this.#hashes.digests() };
  }

  close(): void {
    this.#file.close();
  }
}
