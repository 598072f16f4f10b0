import type { Clock } from "../async/clock.ts";
import { asDigest, type Digest } from "../oci/digest.ts";
import type { StorageDriver } from "../storage/driver.ts";
import { FreshCache, type OnLookup } from "./fresh_cache.ts";
import { present, sane, type Trash } from "./trash.ts";

/** A link that is asked for is touched when older than this: half of the shortest grace that a collector of ours defaults to. */
const TOUCH_AFTER_MS = 30 * 60 * 1000;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Reads and writes the small files that hold a digest, and remembers for a second what it saw. */
export class Links {
  readonly #seen: FreshCache<Digest>;
  /** Reads under way, by path: what was changed since a read began must not come back into the cache by it. */
  readonly #reading = new Map<string, Set<{ stale: boolean }>>();

  constructor(
    readonly driver: StorageDriver,
    readonly trash: Trash,
    readonly clock: Clock,
    onLookup?: OnLookup,
  ) {
    this.#seen = new FreshCache(clock, onLookup);
  }

  /** What the link holds, at most a second old; undefined when there is none. For answers. */
  get(path: string): Digest | undefined | Promise<Digest | undefined> {
    return this.#seen.get(path) ?? this.#lookAndKeep(path);
  }

  /** As get, and keeps a collector away from the link for its grace. For what a client may rely on without pushing it. */
  getAndTouch(path: string): Digest | undefined | Promise<Digest | undefined> {
    return this.#seen.get(path) ?? this.#lookAndTouch(path);
  }

  /** What the link holds now, taken back from the trash if need be. For the checks around a push. */
  async find(path: string): Promise<Digest | undefined> {
    const bytes = await sane(() => this.trash.find(path, () => this.driver.getContent(path)));
    // A crashed registry:2 leaves empty links: as good as none, and the next push mends it.
    return bytes && asDigest(decoder.decode(bytes));
  }

  /** Writes the link durably. */
  async put(path: string, digest: Digest): Promise<void> {
    await this.driver.putContent(path, encoder.encode(digest));
    this.forget(path);
    this.#seen.set(path, digest);
  }

  /** Removes the link, in place and in the trash. False when there was none. */
  async remove(path: string): Promise<boolean> {
    this.forget(path);
    const removed = await this.trash.remove(path);
    this.forget(path);
    return removed;
  }

  /** To be called before and after a link is changed by other means (with the folder above it). */
  forget(path: string): void {
    for (const reading of this.#reading.get(path) ?? []) reading.stale = true;
    this.#seen.delete(path);
  }

  async #lookAndKeep(path: string): Promise<Digest | undefined> {
    const reading = { stale: false };
    const others = this.#reading.get(path);
    if (others) others.add(reading);
    else this.#reading.set(path, new Set([reading]));
    try {
      const digest = await this.find(path);
      if (digest !== undefined && !reading.stale) this.#seen.set(path, digest);
      return digest;
    } finally {
      const all = this.#reading.get(path);
      all?.delete(reading);
      if (all?.size === 0) this.#reading.delete(path);
    }
  }

  async #lookAndTouch(path: string): Promise<Digest | undefined> {
    const digest = await this.#lookAndKeep(path);
    if (digest === undefined || this.driver.touch === undefined) return digest;
    const info = await present(() => this.driver.stat(path));
    if (info && this.clock.now() - info.modified.getTime() > TOUCH_AFTER_MS) await this.touch(path);
    return digest;
  }

  /** Makes the link young again. A store that refuses (read-only) has no collector either. */
  async touch(path: string): Promise<void> {
    await this.driver.touch?.(path).catch(() => undefined);
  }
}
