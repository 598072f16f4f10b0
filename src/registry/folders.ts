import { LRUCache } from "lru-cache";
import type { Clock } from "../async/clock.ts";
import type { StorageDriver } from "../storage/driver.ts";
import { present, sane } from "./trash.ts";

/**
 * A folder that changed less than this before it was listed may have changed again within the same tick of its time stamp; such a
 * listing is not kept. Coarse enough for network file systems that keep whole seconds.
 */
const SETTLED_MS = 2000;
/** Names kept, over all folders. */
const CACHED_NAMES = 1_000_000;

interface Kept {
  readonly modified: number;
  readonly names: readonly string[];
}

/** Sorted listings of folders, kept as long as the folder's modification time says that they hold. */
export class Folders {
  readonly #kept = new LRUCache<string, Kept>({
    maxSize: CACHED_NAMES,
    sizeCalculation: (kept) => kept.names.length + 1,
  });

  constructor(private readonly driver: StorageDriver, private readonly clock: Clock) {}

  /** Names in byte order; undefined when there is no such folder. */
  async list(path: string): Promise<readonly string[] | undefined> {
    const info = await sane(() => this.driver.stat(path));
    if (info === undefined || !info.isFolder) return undefined;
    const modified = info.modified.getTime();
    const kept = this.#kept.get(path);
    if (kept?.modified === modified) return kept.names;
    const settled = this.clock.now() - modified > SETTLED_MS;
    const names = await present(() => this.driver.list(path));
    if (names !== undefined && settled) this.#kept.set(path, { modified, names });
    return names;
  }
}
