import { allSettled } from "./all_settled.ts";
import { type Folder, replaceFile } from "./durable_file.ts";
import { DurableFolders, type Making } from "./durable_folders.ts";
import type { TreeFiles } from "./file_system.ts";
import { FolderSync } from "./folder_sync.ts";
import { parentOf } from "./storage_path.ts";
import { isAbsent, systemCode } from "./system_error.ts";

/** How often something is begun anew when others remove folders under our hands. */
const ATTEMPTS = 5;
/**
 * Changes to the tree below a root that are on stable storage when they resolve. Takes checked paths of the driver, throws the
 * errors of the system.
 */
export class DurableTree {
  readonly #files: TreeFiles;
  readonly #root: string;
  readonly #sync: FolderSync;
  readonly #folders: DurableFolders;

  constructor(files: TreeFiles, root: string) {
    this.#files = files;
    this.#root = root;
    this.#sync = new FolderSync((folder) => this.#syncNearest(folder));
    this.#folders = new DurableFolders(files, root, this.#sync);
  }

  /**
   * Replaces a file, and makes the folders above it.
   * @param lazy it need not survive a power cut
   */
  replace(path: string, content: Uint8Array<ArrayBuffer>, lazy: boolean): Promise<void> {
    return this.inFolder(
      parentOf(path),
      (folder) => replaceFile(this.#files, this.#root + path, content, lazy ? undefined : folder),
    );
  }

  /** Renames a file or folder, and makes the folders above `to`, unless `from` is missing. */
  async move(from: string, to: string): Promise<void> {
    this.#forget(from, to);
    try {
      await this.inFolder(parentOf(to), async (folder) => {
        await this.#files.rename(this.#root + from, this.#root + to);
        await allSettled([folder.settle(), folder.sync(), this.#sync.sync(parentOf(from))]);
      }, () => this.#files.stat(this.#root + from));
    } finally {
      this.#forget(from, to);
    }
  }

  /**
   * Removes a file or folder, also when others remove parts of it or add to it meanwhile.
   * @param lazy it may come back after a power cut
   */
  async remove(path: string, lazy: boolean): Promise<void> {
    this.forget(path);
    try {
      for (let attempt = 1; !(await this.#removeOnce(path, attempt)); attempt++);
    } finally {
      this.forget(path);
    }
    if (!lazy) await this.#sync.sync(parentOf(path));
  }

  /**
   * Makes the folder and does something in it; once more when the folder was removed in between.
   * @param check called before a folder is made that may be missing; what it throws ends the attempt
   */
  async inFolder<T>(
    path: string,
    use: (folder: Folder) => Promise<T>,
    check?: () => Promise<unknown>,
  ): Promise<T> {
    for (let attempt = 1;; attempt++) {
      if (check !== undefined && !this.#folders.isKnown(path)) await check();
      let making: Making | undefined;
      try {
        const made = making = await this.#folders.make(path);
        const settle = () => this.#folders.settle(made);
        return await use({ settle, sync: () => this.#sync.sync(path) });
      } catch (error) {
        this.forget(path);
        if (systemCode(error) !== "ENOENT" || attempt === ATTEMPTS) throw error;
      } finally {
        if (making !== undefined) this.#folders.end(making);
      }
    }
  }

  /** The folder may be gone, or its name not be on stable storage. */
  forget(path: string): void {
    this.#folders.forget(path);
  }

  #forget(from: string, to: string): void {
    this.forget(from);
    this.forget(to);
  }

  /** @returns whether it is gone */
  async #removeOnce(path: string, attempt: number): Promise<boolean> {
    try {
      await this.#files.remove(this.#root + path);
      return true;
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
      if (systemCode(error) === "ENOTEMPTY") return await this.#removeAside(path);
      if (!isAbsent(error)) throw error;
      if (await this.#exists(path)) return false;
      if (attempt === 1) throw error;
      return true;
    }
  }

  /** Others put files into a folder as fast as they are removed: under another name nobody finds it. */
  async #removeAside(path: string): Promise<boolean> {
    const aside = `${this.#root}${path}.${crypto.randomUUID()}.tmp`;
    try {
      await this.#files.rename(this.#root + path, aside);
      await this.#files.remove(aside);
      return true;
    } catch (error) {
      if (isAbsent(error)) return false;
      throw error;
    }
  }

  async #exists(path: string): Promise<boolean> {
    try {
      await this.#files.stat(this.#root + path);
      return true;
    } catch (error) {
      if (isAbsent(error)) return false;
      throw error;
    }
  }

  /** A folder that is gone was removed with what we did in it, and that removal shows in the nearest folder that is left. */
  async #syncNearest(folder: string): Promise<void> {
    for (let at = folder;; at = parentOf(at)) {
      try {
        return await this.#files.syncFolder(this.#root + at);
      } catch (error) {
        if (systemCode(error) !== "ENOENT" || at === "/") throw error;
      }
    }
  }
}
