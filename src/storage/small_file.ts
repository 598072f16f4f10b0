import type { HashName } from "./driver.ts";
import { checkSize, lockFile } from "./file_lock.ts";
import { readFully, type WritableFile, writeAll } from "./file_system.ts";
import { Hashes } from "./hashes.ts";
import type { Ended } from "./store_worker_protocol.ts";

/** An open small file that has all its bytes, with hashes of them. It is locked until it is closed. */
export class SmallFile {
  readonly #file: WritableFile;
  readonly #path: string;
  readonly #size: number;
  readonly #hashes: Hashes;

  private constructor(file: WritableFile, path: string, size: number, hashes: Hashes) {
    this.#file = file;
    this.#path = path;
    this.#size = size;
    this.#hashes = hashes;
  }

  /** Takes over a file that was just made with these bytes in it, and closes it when another took hold of it since. */
  static created(
    file: WritableFile,
    path: string,
    bytes: Uint8Array<ArrayBuffer>,
    names: Iterable<HashName>,
  ): SmallFile {
    try {
      lockFile(file, path);
      checkSize(file, path, bytes.length);
      const hashes = new Hashes(names);
      hashes.update(bytes);
      return new SmallFile(file, path, bytes.length, hashes);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /**
   * Takes over an open file, appends to it, and closes it when that fails.
   * @param path of the system
   * @param size bytes that it has, before truncation; it is an error when there are more or fewer
   */
  static async appended(
    file: WritableFile,
    path: string,
    size: number,
    truncate: boolean,
    bytes: Uint8Array<ArrayBuffer>,
    names: Iterable<HashName>,
  ): Promise<SmallFile> {
    try {
      lockFile(file, path);
      checkSize(file, path, size);
      if (truncate) await file.truncate(0);
      const found = truncate ? 0 : size;
      const hashes = new Hashes(names);
      if (!hashes.isEmpty && found > 0) {
        const before = new Uint8Array(found);
        hashes.update(before.subarray(0, await readFully(file, before, 0)));
      }
      hashes.update(bytes);
      await writeAll(file, bytes, found);
      return new SmallFile(file, path, found + bytes.length, hashes);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** @param durable whether the bytes must be on stable storage then */
  async end(durable: boolean): Promise<Ended> {
    if (durable) {
      await this.#sync();
      checkSize(this.#file, this.#path, this.#size); // there may be writers that know of no lock
    }
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
