import type { Digest } from "../oci/digest.ts";
import type { RepositoryName } from "../oci/reference.ts";

/** A part of the cache that goes as a whole: an image with what belongs to it alone, or a blob that no manifest names. */
export interface CachedImage {
  readonly repository: RepositoryName;
  /** Canonical digests: first its own, then those of children and referrers that no other image has. Empty for a blob alone. */
  readonly manifests: readonly Digest[];
  /** Of it or of one of those; in milliseconds since 1970. */
  readonly lastUse: number;
  /** Names of blobs and manifests that the repository may not need without it, … */
  readonly names: readonly Digest[];
  /** … and the data that these lead to. */
  readonly data: readonly Digest[];
}

/** All images of one repository. */
export interface RepositoryImages {
  readonly images: readonly CachedImage[];
  /** Data of manifests that belong to several images. */
  readonly shared: readonly Digest[];
}

export interface Forgotten {
  readonly images: number;
  /** That were freed; data that others link to is none of it. */
  readonly bytes: number;
}

/** What a cache holds: read from the tree each time. All methods let other work have its turn, and end with the signal. */
export interface CacheContents {
  /** Those that may be evicted: fetched ones. */
  repositories(signal: AbortSignal): AsyncIterable<RepositoryName>;
  /**
   * @param usedBefore in milliseconds since 1970: when nothing was used last before this, nothing is read and nothing is found
   * @throws when a manifest cannot be read: then nothing of the repository can be told
   */
  images(
    repository: RepositoryName,
    signal: AbortSignal,
    usedBefore?: number,
  ): Promise<RepositoryImages>;
  /** Data that repositories hold of which nothing may be evicted. */
  kept(signal: AbortSignal): Promise<ReadonlySet<Digest>>;
  /** In bytes, undefined for data that is not there. */
  sizes(data: readonly Digest[]): Promise<readonly (number | undefined)[]>;
  /** Unlinks the images, unless they were used since, and takes what nobody else needs. */
  forget(images: readonly CachedImage[], signal: AbortSignal): Promise<Forgotten>;
}
