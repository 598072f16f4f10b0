import {
  InvalidPathError,
  PathNotFoundError,
  type StorageDriver,
  StorageError,
} from "../storage/driver.ts";
import { hiddenPath, TRASH } from "./layout.ts";

/** Name of a generation that its collector is still filling; closing it is a rename that takes this away. */
const OPEN = "open-";

/**
 * Looks for items as everybody must who shares the tree with a garbage collector: one that is not in place may lie in a generation
 * of the trash, whence it is taken back. The steps are those of gc_protocol.md, checked there by a model; do not reorder them.
 */
export class Trash {
  readonly #driver: StorageDriver;

  constructor(driver: StorageDriver) {
    this.#driver = driver;
  }

  /** Runs `look`; when it misses the item, takes the item back from the trash and looks again. */
  async find<T>(path: string, look: () => Promise<T>): Promise<T | undefined> {
    const found = await present(look);
    if (found !== undefined) return found;
    return await this.recover(path) ? await present(look) : undefined;
  }

  /** Removes the item so that it is neither in place nor in the trash. False when it was in neither. */
  async remove(path: string): Promise<boolean> {
    let removed = false;
    do {
      const done = await present(async () => {
        await this.#driver.remove(path);
        return true;
      });
      removed ||= done === true;
    } while (await this.recover(path));
    return removed;
  }

  /** Removes an upload, which no collector hides and whose coming back after a power cut does no harm. */
  async drop(path: string): Promise<boolean> {
    return await present(async () => {
      await this.#driver.remove(path, { lazy: true });
      return true;
    }) ?? false;
  }

  /** Brings back an item that was not in place. True when it is in place afterwards. */
  async recover(path: string): Promise<boolean> {
    let seen = new Set<string>();
    for (let round = 0;; round++) {
      const generations = await present(() => this.#driver.list(TRASH));
      if (generations === undefined) return false; // no collector has ever run here
      for (const generation of generations) {
        const back = await present(async () => {
          await this.#driver.move(hiddenPath(generation, path), path);
          return true;
        });
        if (back) return true;
      }
      if (await present(() => this.#driver.stat(path))) return true; // another took it back
      // An open generation may have swallowed it again behind our back, and so may one that was not there before.
      const open = generations.filter((name) => name.startsWith(OPEN)).length;
      if (round >= open && generations.every((name) => seen.has(name))) return false;
      seen = new Set(generations);
    }
  }
}

/** The result, or undefined when the path is not there; junk whose name is no path for a driver is not there for us. */
export async function present<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof PathNotFoundError || error instanceof InvalidPathError) return undefined;
    throw error;
  }
}

/**
 * As present, and odd entries of the tree count as absent too: a folder where a file should be, a link that leads in a circle, a path
 * longer than the system takes. For looks only.
 */
export async function sane<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await present(look);
  } catch (error) {
    if (error instanceof StorageError && ODD.has(error.code)) return undefined;
    throw error;
  }
}

const ODD: ReadonlySet<string | undefined> = new Set(["EISDIR", "ELOOP", "ENAMETOOLONG"]);
