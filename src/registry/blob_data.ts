import { LRUCache } from "lru-cache";
import { type ByteSource, bytesSource, readAll } from "../async/byte_source.ts";
import type { Clock } from "../async/clock.ts";
import { CANONICAL, type Digest, digestOf } from "../oci/digest.ts";
import type { StorageDriver } from "../storage/driver.ts";
import { FreshCache, type OnLookup } from "./fresh_cache.ts";
import { blobPath } from "./layout.ts";
import type { Trash } from "./trash.ts";

/** Blobs up to this size are kept in memory; manifests always are. */
const SMALL = 64 * 1024;
const CACHED_BYTES = 64 * 1024 * 1024;
const LARGEST_ENTRY = 4 * 1024 * 1024;

/** Content on disk is not what its name says. */
export class CorruptBlobError extends Error {
  override readonly name = "CorruptBlobError";
  constructor(readonly digest: Digest) {
    super(
      `Cannot serve ${digest}: the stored bytes have another digest. Push it again, or run verify`,
    );
  }
}

/** The data of all blobs, by canonical digest, whichever repositories may see them. */
export class BlobData {
  readonly #sizes: FreshCache<number>;
  readonly #contents = new LRUCache<string, Uint8Array<ArrayBuffer>>({
    maxSize: CACHED_BYTES,
    maxEntrySize: LARGEST_ENTRY,
    sizeCalculation: (bytes) => bytes.length || 1,
  });

  constructor(
    readonly driver: StorageDriver,
    readonly trash: Trash,
    clock: Clock,
    onLookup?: OnLookup,
  ) {
    this.#sizes = new FreshCache(clock, onLookup);
  }

  /** Size in bytes as seen at most a second ago; undefined when there is no such data. */
  size(digest: Digest): number | undefined | Promise<number | undefined> {
    return this.#sizes.get(digest) ?? this.find(digest);
  }

  /** Size in bytes as it is now, taken back from the trash if need be. */
  async find(digest: Digest): Promise<number | undefined> {
    const path = blobPath(digest);
    const info = await this.trash.find(path, () => this.driver.stat(path));
    if (info === undefined) {
      this.#sizes.delete(digest);
      return undefined;
    }
    this.#sizes.set(digest, info.size);
    return info.size;
  }

  /** Small content from memory, large content from the driver; undefined when there is no such data. */
  async open(digest: Digest): Promise<ByteSource | undefined> {
    const cached = this.#contents.get(digest);
    if (cached !== undefined) return bytesSource(cached);
    const path = blobPath(digest);
    const source = await this.trash.find(path, () => this.driver.read(path));
    if (source === undefined || source.size > SMALL) return source;
    return bytesSource(await this.#load(digest, source));
  }

  /** Content that is at hand without any waiting. */
  cached(digest: Digest): Uint8Array<ArrayBuffer> | undefined {
    return this.#contents.get(digest);
  }

  /** The whole content, verified: for manifests. Undefined when there is no such data, or when it is too large to be one. */
  async content(digest: Digest): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const cached = this.#contents.get(digest);
    if (cached !== undefined) return cached;
    const path = blobPath(digest);
    const source = await this.trash.find(path, () => this.driver.read(path));
    if (source === undefined) return undefined;
    if (source.size > LARGEST_ENTRY) {
      source.close();
      return undefined;
    }
    return await this.#load(digest, source);
  }

  /** As content, and undefined too when the stored bytes are not what their name says: for what must go on all the same. */
  async soundContent(digest: Digest): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      return await this.content(digest);
    } catch (error) {
      if (error instanceof CorruptBlobError) return undefined;
      throw error;
    }
  }

  /** Stores small content durably, over whatever lies there under its name. */
  async put(digest: Digest, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.driver.putContent(blobPath(digest), bytes);
    this.#sizes.set(digest, bytes.length);
    this.#contents.set(digest, bytes);
  }

  /** Makes a finished, verified and synced file the data of this blob, durably. */
  async adopt(path: string, digest: Digest, size: number): Promise<void> {
    await this.driver.move(path, blobPath(digest), { size });
    this.#contents.delete(digest);
    this.#sizes.set(digest, size);
  }

  /** Reads all of it, checks it, keeps it, and closes the source. */
  async #load(digest: Digest, source: ByteSource): Promise<Uint8Array<ArrayBuffer>> {
    try {
      const bytes = await readAll(source);
      if (await digestOf(CANONICAL, bytes) !== digest) throw new CorruptBlobError(digest);
      this.#contents.set(digest, bytes);
      return bytes;
    } finally {
      source.close();
    }
  }
}
