import { DurableTree } from "./durable_tree.ts";
import { BusyFileError, checkSize, lockFile } from "./file_lock.ts";
import type { SystemStat, TreeFiles, WritableFile } from "./file_system.ts";
import { SmallFile } from "./small_file.ts";
import { parentOf } from "./storage_path.ts";
import type { Ended } from "./store_worker_protocol.ts";
import { isAbsent, systemCode } from "./system_error.ts";
import type { SmallAppend, Tree } from "./tree.ts";

/** The tree below a folder of this machine, changed by this isolate. */
export class LocalTree implements Tree {
  readonly #files: TreeFiles;
  readonly #root: string;
  readonly #durable: DurableTree;

  /** @param root path of the system, "" for its root */
  constructor(files: TreeFiles, root: string) {
    this.#files = files;
    this.#root = root;
    this.#durable = new DurableTree(files, root);
  }

  replace(path: string, content: Uint8Array<ArrayBuffer>, lazy: boolean): Promise<void> {
    return this.#durable.replace(path, content, lazy);
  }

  async move(from: string, to: string, size?: number): Promise<void> {
    if (size === undefined) return await this.#durable.move(from, to);
    const path = this.#root + from;
    const file = await this.#files.openToWrite(path);
    try {
      lockFile(file, path);
      checkSize(file, path, size);
      await this.#durable.move(from, to);
    } finally {
      file.close();
    }
  }

  remove(path: string, lazy: boolean): Promise<void> {
    return this.#durable.remove(path, lazy);
  }

  async discard(path: string): Promise<void> {
    try {
      await this.#files.remove(this.#root + path);
    } catch (error) {
      if (!isAbsent(error)) throw error;
    }
  }

  touch(path: string, time: number): Promise<void> {
    return this.#files.setModified(this.#root + path, new Date(time));
  }

  stat(path: string): Promise<SystemStat> {
    return this.#files.stat(this.#root + path);
  }

  sizes(paths: readonly string[]): Promise<(number | undefined)[]> {
    return Promise.all(paths.map((path) => this.#files.size(this.#root + path)));
  }

  async makeFile(path: string): Promise<void> {
    (await this.#create(path, new Uint8Array(0))).close();
  }

  async append(path: string, append: SmallAppend): Promise<Ended> {
    const small = await this.#open(path, append);
    try {
      return await small.end(append.commit !== undefined);
    } finally {
      small.close();
    }
  }

  async #open(path: string, { size, truncate, bytes, commit }: SmallAppend): Promise<SmallFile> {
    const names = commit ?? [];
    const full = this.#root + path;
    if (size === undefined) {
      return SmallFile.created(await this.#create(path, bytes), full, bytes, names);
    }
    const file = await this.#files.openToWrite(full);
    return await SmallFile.appended(file, full, size, truncate, bytes, names);
  }

  async #create(path: string, content: Uint8Array<ArrayBuffer>): Promise<WritableFile> {
    const create = () => this.#files.create(this.#root + path, content);
    try {
      return await this.#durable.inFolder(parentOf(path), create);
    } catch (error) {
      if (systemCode(error) !== "EEXIST") throw error;
      throw new BusyFileError(`Cannot make ${path}: another has just made it`, { cause: error });
    }
  }
}
