import type { TreeFiles } from "./file_system.ts";
import type { FolderSync } from "./folder_sync.ts";
import { allSettled } from "./all_settled.ts";
import { componentsOf, parentOf } from "./storage_path.ts";
import { systemCode } from "./system_error.ts";

/** A folder that is known to be on stable storage, with all above it. */
type KnownFolder = Map<string, KnownFolder>;

/** A folder that exists; pass it to `settle` and, in any case, to `end`. */
export interface Making {
  readonly folder: string;
  /** Something on the way to it was removed or moved since. */
  stale: boolean;
}

/** After this many were remembered, all are forgotten: that costs a sync of the unchanged folders on the next way to each, no more. */
const KNOWN_LIMIT = 20_000;

/**
 * Makes folders so that they survive a power cut, and remembers which ones do. That a folder exists isn't enough: whoever made it
 * may be about to sync the folder above it, and what is written into it would be lost with it. So each folder's parent is synced
 * once by this process, whoever made it.
 *
 * What another process removes stays known here; opening a file in it then fails with ENOENT, and the caller must `forget` it.
 */
export class DurableFolders {
  readonly #files: TreeFiles;
  readonly #root: string;
  readonly #sync: FolderSync;
  readonly #making = new Set<Making>();
  #known: KnownFolder | undefined;
  #rootMade: Promise<void> | undefined;
  #remembered = 0;

  /** @param sync takes paths of the driver, as all methods here */
  constructor(files: TreeFiles, root: string, sync: FolderSync) {
    this.#files = files;
    this.#root = root;
    this.#sync = sync;
  }

  /** Makes the folder and those above it. */
  async make(folder: string): Promise<Making> {
    const making: Making = { folder, stale: false };
    this.#making.add(making);
    try {
      if (!this.isKnown(folder)) {
        await this.#makeRoot();
        await this.#makeChain(folder, making);
      }
      return making;
    } catch (error) {
      this.end(making);
      throw error;
    }
  }

  /** Brings the folder and those above it to stable storage. */
  async settle(making: Making): Promise<void> {
    const syncs: Promise<void>[] = [];
    for (let at = making.folder; at !== "/" && !this.isKnown(at); at = parentOf(at)) {
      syncs.push(this.#sync.sync(parentOf(at)));
    }
    await allSettled(syncs);
    if (!making.stale) this.#remember(making.folder);
  }

  end(making: Making): void {
    this.#making.delete(making);
  }

  /**
   * To be called before and after the folder, or one above it, is removed or moved, and when it was found missing.
   * @param finder the making that found it missing, and makes it now
   */
  forget(folder: string, finder?: Making): void {
    for (const making of this.#making) {
      if (making !== finder && isAtOrAbove(folder, making.folder)) making.stale = true;
    }
    const name = componentsOf(folder).pop();
    if (name === undefined) this.#clear();
    else this.#find(parentOf(folder))?.delete(name);
  }

  /** Whether the folder was on stable storage when this process last dealt with it. */
  isKnown(folder: string): boolean {
    return this.#find(folder) !== undefined;
  }

  #find(folder: string): KnownFolder | undefined {
    let at = this.#known;
    for (const name of componentsOf(folder)) at = at?.get(name);
    return at;
  }

  /** From the top: what is not known is mostly not there, and a call that fails costs as much as one that makes a folder. */
  async #makeChain(folder: string, making: Making): Promise<void> {
    const parent = parentOf(folder);
    if (parent !== "/" && !this.isKnown(parent)) await this.#makeChain(parent, making);
    for (let attempt = 1;; attempt++) {
      try {
        return await this.#files.makeFolder(this.#root + folder);
      } catch (error) {
        const code = systemCode(error);
        if (code === "EEXIST") return;
        // A third ENOENT in a row: others keep removing what was just made.
        if (code !== "ENOENT" || attempt === 3) throw error;
        await this.#makeAbove(folder, making);
      }
    }
  }

  async #makeAbove(folder: string, making: Making): Promise<void> {
    const parent = parentOf(folder);
    this.forget(parent, making);
    if (parent !== "/") return await this.#makeChain(parent, making);
    this.#rootMade = undefined;
    await this.#makeRoot();
  }

  /** Once for all callers, so that none goes on before what was made above the root is on stable storage. */
  #makeRoot(): Promise<void> {
    return this.#rootMade ??= this.#makeAndSync(this.#root).catch((error) => {
      this.#rootMade = undefined;
      throw error;
    });
  }

  /** A folder of the system, with those above it that are missing. */
  async #makeAndSync(path: string): Promise<void> {
    if (path === "") return; // the root of the system
    try {
      await this.#files.makeFolder(path);
    } catch (error) {
      const code = systemCode(error);
      if (code === "EEXIST") return;
      if (code !== "ENOENT" || path === parentOf(path)) throw error;
      await this.#makeAndSync(parentOf(path));
      return await this.#makeAndSync(path);
    }
    await this.#files.syncFolder(parentOf(path));
  }

  #remember(folder: string): void {
    if (this.#remembered >= KNOWN_LIMIT) this.#clear();
    let at = this.#known ??= new Map();
    for (const name of componentsOf(folder)) {
      let next = at.get(name);
      if (next === undefined) {
        next = new Map();
        at.set(name, next);
        this.#remembered++;
      }
      at = next;
    }
  }

  #clear(): void {
    this.#known = undefined;
    this.#remembered = 0;
  }
}

function isAtOrAbove(folder: string, other: string): boolean {
  return folder === "/" || other === folder || other.startsWith(folder + "/");
}
