import type { HashName } from "./driver.ts";
import { readFully, type WritableFile, writeAll } from "./file_system.ts";
import { Hashes } from "./hashes.ts";
import type { Ended } from "./store_worker_protocol.ts";

/** An open small file that has all its bytes, with hashes of them. */
export class SmallFile {
  readonly #file: WritableFile;
  readonly #hashes: Hashes;

  private constructor(file: WritableFile, hashes: Hashes) {
    this.#file = file;
    this.#hashes = hashes;
  }

  /** Takes over a file that was just made with these bytes in it. */
  static created(
    file: WritableFile,
    bytes: Uint8Array<ArrayBuffer>,
    names: Iterable<HashName>,
  ): SmallFile {
    const hashes = new Hashes(names);
    hashes.update(bytes);
    return new SmallFile(file, hashes);
  }

  /**
   * Takes over an open file, appends to it, and closes it when that fails.
   * @param size bytes that it has; it is an error when there are more or fewer, unless they are truncated
   */
  static async appended(
    file: WritableFile,
    size: number,
    truncate: boolean,
    bytes: Uint8Array<ArrayBuffer>,
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
      hashes.update(bytes);
      await writeAll(file, bytes, found);
      return new SmallFile(file, hashes);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** @param durable whether the bytes must be on stable storage then */
  async end(durable: boolean): Promise<Ended> {
    if (durable) await this.#sync();
    const { inode, size } = this.#file.stat();
    return { inode, size, hashes: this.#hashes.digests() };
  }

  close(): void {
    this.#file.close();
  }

  async #sync(): Promise<void> {
    try {
      await this.#file.sync();
    } catch (error) {
      // The kernel takes the lost pages for clean now, and the next sync would succeed. So what may be lost is cut off.
      await this.#file.truncate(0).catch(() => {}); // the sync's failure is the one to report
      throw error;
    }
  }
}
