import type { Logger } from "../log/logger.ts";
import type { Digest } from "../oci/digest.ts";
import type { CacheContents, CachedImage } from "./cache_contents.ts";

/** Everything that may be evicted, with the data behind it counted once. */
export class Inventory {
  /** Data by digest: how many images (and what else) hold it, and its bytes. */
  readonly #data = new Map<Digest, { holders: number; size: number }>();
  readonly #images: CachedImage[] = [];
  #bytes = 0;

  /** Reads the whole cache, with turns for others. A repository that cannot be read keeps what it has, and a warning says so. */
  static async take(
    contents: CacheContents,
    signal: AbortSignal,
    logger: Logger,
  ): Promise<Inventory> {
    const inventory = new Inventory();
    const kept = await contents.kept(signal);
    for await (const repository of contents.repositories(signal)) {
      try {
        const { images, shared } = await contents.images(repository, signal);
        for (const image of images) inventory.#add(image, kept);
        inventory.#hold(shared, kept);
      } catch (error) {
        signal.throwIfAborted();
        logger.warn("cannot tell what a cached repository holds: nothing of it is evicted", {
          repository,
          error: String(error),
        });
      }
    }
    await inventory.#weigh(contents, signal);
    return inventory;
  }

  /** Of all data, each counted once. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The least recently used images that free so many bytes together. Each is handed out once. */
  *leastUsed(bytes: number, mayGo: (image: CachedImage) => boolean): Generator<CachedImage> {
    this.#images.sort((a, b) => b.lastUse - a.lastUse);
    const spared: CachedImage[] = [];
    let freed = 0;
    while (freed < bytes) {
      const image = this.#images.pop();
      if (image === undefined) break;
      if (!mayGo(image)) spared.push(image);
      else {
        freed += this.#release(image);
        yield image;
      }
    }
    this.#images.push(...spared);
  }

  #add(image: CachedImage, kept: ReadonlySet<Digest>): void {
    this.#images.push(image);
    this.#hold(image.data, kept);
  }

  /** What others keep in any case is neither counted nor freed. */
  #hold(data: readonly Digest[], kept: ReadonlySet<Digest>): void {
    for (const digest of data) {
      if (kept.has(digest)) continue;
      const entry = this.#data.get(digest);
      if (entry) entry.holders++;
      else this.#data.set(digest, { holders: 1, size: 0 });
    }
  }

  async #weigh(contents: CacheContents, signal: AbortSignal): Promise<void> {
    const digests = [...this.#data.keys()];
    for (let i = 0; i < digests.length; i += 256) {
      signal.throwIfAborted();
      const part = digests.slice(i, i + 256);
      const sizes = await contents.sizes(part);
      for (const [index, digest] of part.entries()) {
        const entry = this.#data.get(digest);
        if (entry) this.#bytes += entry.size = sizes[index] ?? 0;
      }
    }
  }

  #release({ data }: CachedImage): number {
    let freed = 0;
    for (const digest of data) {
      const entry = this.#data.get(digest);
      if (entry && --entry.holders === 0) freed += entry.size;
    }
    this.#bytes -= freed;
    return freed;
  }
}
