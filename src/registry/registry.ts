import type { ByteSource } from "../async/byte_source.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest, DigestAlgorithm } from "../oci/digest.ts";
import type { Reference, RepositoryName, Tag } from "../oci/reference.ts";

/**
 * The domain, free of HTTP and of disks. The local registry keeps it in a StorageDriver; a cache and notifications wrap these same
 * interfaces. All methods throw RegistryError with the code of the spec; anything else that they throw is a fault of ours or of
 * the store.
 */
export interface Registry {
  /** Costs nothing; the repository need not exist. */
  repository(name: RepositoryName): Repository;
  /**
   * Names of repositories that hold manifests, in the order of distribution's walk (component by component).
   * @param sight a page is filled with what it sees; undefined: everything
   */
  repositories(page: Page, sight?: Sight): Promise<Listing<RepositoryName>>;
}

/** The repositories that somebody may know of. Asked for each one there is, so it must be cheap. */
export interface Sight {
  sees(repository: string): boolean;
  /** Whether anything may be seen of which the name begins with this and a slash. */
  seesBelow(folder: string): boolean;
}

/** Where a listing starts and how long it may be. */
export interface Page {
  /** Entries at most; undefined: all. 0 is an empty page. */
  readonly limit: number | undefined;
  /** Only what sorts after this; it need not exist. */
  readonly last: string;
}

export interface Listing<T> {
  readonly entries: readonly T[];
  /** Whether anything sorts after the last entry. */
  readonly more: boolean;
  /** One sentence: why this may not be what holds now. */
  readonly warning?: string;
}

export interface Repository {
  readonly name: RepositoryName;
  readonly blobs: BlobStore;
  readonly manifests: ManifestService;
  readonly tags: TagService;
  readonly referrers: ReferrerIndex;
}

/** A blob of this repository; one that lies in the store but isn't linked here is unknown here. */
export interface BlobStore {
  /** @throws BLOB_UNKNOWN */
  stat(digest: Digest): Promise<BlobInfo>;
  /**
   * The caller closes the source.
   * @param client for whom; rejects with the signal's reason when it leaves while others have to be asked for the blob
   * @throws BLOB_UNKNOWN
   */
  open(digest: Digest, client?: Client): Promise<OpenBlob>;
  /** Unlinks it from this repository. @throws BLOB_UNKNOWN */
  delete(digest: Digest): Promise<void>;
  /** @param algorithm what the client intends to name the digest with, when it said so */
  startUpload(algorithm?: DigestAlgorithm): Promise<UploadSession>;
  /** @throws BLOB_UPLOAD_UNKNOWN when there is none of this id in this repository */
  resumeUpload(id: string): Promise<UploadSession>;
  /**
   * Links a blob of `from` here.
   * @returns undefined when it cannot be had, so that the client uploads it
   */
  mount(digest: Digest, from: MountSource): Promise<BlobInfo | undefined>;
}

export interface Client {
  /** Aborted when it leaves. Making one may cost something: only for those who have to wait. */
  readonly signal: AbortSignal;
}

export interface BlobInfo {
  /** The digest by which it was asked for. */
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
}

export interface OpenBlob extends BlobInfo {
  readonly source: ByteSource;
}

export type MountSource =
  | { readonly repository: RepositoryName }
  /** Any repository that this sees; undefined: any at all. */
  | { readonly anyOf: Sight | undefined };

/** An unfinished blob. One writer at a time; a second one is refused with BLOB_UPLOAD_INVALID, status 409. */
export interface UploadSession {
  /** An unguessable UUID that is known in its repository only. */
  readonly id: string;
  /** Bytes received so far. */
  readonly offset: number;
  /**
   * Adds the chunks at the end. What arrived before a failure stays, so that the client can go on from `offset`.
   * @param at the offset that the client believes in; @throws RANGE_INVALID (416) when it is another
   * @param length the bytes that the client announced; @throws SIZE_INVALID when the body has another length
   */
  append(
    chunks: AsyncIterable<Uint8Array<ArrayBuffer>>,
    at?: number,
    length?: number,
  ): Promise<void>;
  /**
   * Adds the last chunks, checks the digest over all bytes and makes the blob part of the repository, durably. On a mismatch the
   * session is removed. @throws DIGEST_INVALID, and what append throws
   */
  commit(
    digest: Digest,
    chunks?: AsyncIterable<Uint8Array<ArrayBuffer>>,
    at?: number,
    length?: number,
  ): Promise<BlobInfo>;
  /** Removes the session and its bytes. */
  cancel(): Promise<void>;
}

/** A stored manifest, byte for byte. */
export interface StoredManifest {
  /** The digest by which it was asked for, the canonical one when it was asked for by tag. */
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** One sentence: why the tag may point at another one by now. */
  readonly warning?: string;
}

/** What is known of a manifest without its bytes. */
export interface ManifestInfo extends Descriptor {
  /** As that of StoredManifest. */
  readonly warning?: string;
}

export interface ManifestService {
  /** @throws MANIFEST_UNKNOWN */
  get(reference: Reference): Promise<StoredManifest>;
  /** As get, without the bytes. @throws MANIFEST_UNKNOWN */
  stat(reference: Reference): Promise<ManifestInfo>;
  /**
   * Checks the manifest and everything it names, stores it durably, sets the tags, and checks again (gc_protocol.md).
   * @throws MANIFEST_INVALID, MANIFEST_BLOB_UNKNOWN (one per missing reference), DIGEST_INVALID, SIZE_INVALID
   */
  put(push: ManifestPush): Promise<PutResult>;
  /** By digest: the revision, its referrer entry, and every tag that points at it. By tag: the tag. @throws MANIFEST_UNKNOWN */
  delete(reference: Reference): Promise<void>;
}

export interface ManifestPush {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The request's Content-Type as sent; undefined when there was none. */
  readonly contentType: string | undefined;
  /** The digest that the client named, if it pushed by digest. */
  readonly digest?: Digest;
  readonly tags: readonly Tag[];
}

export interface PutResult {
  /** The digest that the client named, else the canonical one. */
  readonly digest: Digest;
  /** The digest of the `subject` field, if there is one. */
  readonly subject?: Digest;
}

export interface TagService {
  /** In byte order. @throws NAME_UNKNOWN when the repository has never held a tag */
  list(page: Page): Promise<Listing<Tag>>;
}

export interface ReferrerIndex {
  /** Descriptors of the manifests whose subject is this digest, with artifactType and annotations; empty when there are none. */
  list(subject: Digest, query?: ReferrerQuery): Promise<ReferrerPage>;
}

export interface ReferrerQuery {
  /** Only those of this type. */
  readonly artifactType?: string | undefined;
  /** The page begins after this one, as a page's `next` names it. */
  readonly last?: string;
}

export interface ReferrerPage {
  readonly entries: readonly Descriptor[];
  /** Set when more may follow: what to ask for as `last`. */
  readonly next?: string;
  /** One sentence: why some may be missing. */
  readonly warning?: string;
}
