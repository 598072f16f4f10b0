import type { ByteSource } from "../async/byte_source.ts";
import type { Digest } from "../oci/digest.ts";
import type { RepositoryName, Tag } from "../oci/reference.ts";

/** Where a cache keeps what it fetched: the parts of the local registry that clients have no request for. */
export interface CacheStore {
  /** Room for a blob that is about to be fetched. Rejects with the store's error when there is none. */
  begin(
    repository: RepositoryName,
    digest: Digest,
    options?: TargetOptions,
  ): Promise<BlobTarget>;
  /** Keeps a verified manifest byte for byte, whatever its type and whether or not what it names is there; durably. */
  keepManifest(repository: RepositoryName, manifest: KeptManifest): Promise<void>;
  /** Points a tag at a manifest that was kept, and makes it fresh; durably. */
  keepTag(repository: RepositoryName, tag: Tag, digest: Digest): Promise<void>;
  /** What the tag points at here, and when that was last known to be true, in milliseconds since 1970. */
  tag(repository: RepositoryName, tag: Tag): Promise<CachedTag | undefined>;
  /** Upstream has confirmed it. */
  refreshTag(repository: RepositoryName, tag: Tag): Promise<void>;
  /** A client was given the manifest: its last use is now. Absent: nobody asks for it. */
  touchManifest?(repository: RepositoryName, digest: Digest): Promise<void>;
  /** Upstream says 404. What it pointed at stays served by digest. */
  forgetTag(repository: RepositoryName, tag: Tag): Promise<void>;
}

export interface KeptManifest {
  /** The digest that upstream names it by; the canonical one is kept beside it. */
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface CachedTag {
  readonly digest: Digest;
  readonly checkedAt: number;
}

export interface TargetOptions {
  /** In bytes, as far as it is known. */
  readonly size?: number | undefined;
  /** Called when `written` has grown. */
  readonly onWritten?: () => void;
}

/** A blob that is being written. One writer, any number of readers. After a failure only `abort` may be called, and reading goes on. */
export interface BlobTarget {
  /** Takes the chunk (it must not be used again); resolves when another may come. At most 4 MiB are on their way. */
  write(chunk: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Bytes that readers can read by now. */
  readonly written: number;
  /**
   * A reader of the bytes written so far, which goes on to be one of those that follow; its `size` says nothing. Not before something
   * was written.
   */
  open(): Promise<ByteSource>;
  /**
   * Verifies all bytes, makes them a blob of the repository, durably.
   * @param onVerified called when they are known to be right and can be read, which is before they are durable
   * @throws RegistryError DIGEST_INVALID, and nothing is kept
   */
  commit(onVerified?: () => void): Promise<void>;
  /** Leaves nothing behind. */
  abort(): Promise<void>;
}
