import type { Digest } from "../oci/digest.ts";
import { RegistryError } from "../oci/error.ts";
import type { RepositoryName, Tag } from "../oci/reference.ts";
import type { BlobData } from "./blob_data.ts";
import { CachedBlob, type CachedBlobOptions } from "./cached_blob.ts";
import { revisionLinkPath } from "./layout.ts";
import type { Links } from "./links.ts";
import type { KeptManifest, LocalManifests } from "./local_manifests.ts";
import type { LocalTags } from "./local_tags.ts";

/** The parts of a repository that a cache writes to. */
export interface CacheParts {
  readonly manifests: LocalManifests;
  readonly tags: LocalTags;
}

/** What a tag points at, and when that was last known to be true, in milliseconds since 1970. */
export interface CheckedTag {
  readonly digest: Digest;
  readonly checkedAt: number;
}

/**
 * Keeps what a cache has fetched, in the same tree and by the same protocol as what is pushed. That a tag was checked is the
 * modification time of its link.
 */
export class LocalCache {
  constructor(
    private readonly data: BlobData,
    private readonly links: Links,
    private readonly parts: (repository: RepositoryName) => CacheParts,
  ) {}

  /** Room for a blob that is about to be fetched. Rejects with the store's error when there is none. */
  begin(
    repository: RepositoryName,
    digest: Digest,
    options: CachedBlobOptions = {},
  ): Promise<CachedBlob> {
    return CachedBlob.begin(repository, digest, this.data, this.links, options);
  }

  async keepManifest(repository: RepositoryName, manifest: KeptManifest): Promise<void> {
    await this.parts(repository).manifests.keep(manifest);
  }

  async keepTag(repository: RepositoryName, tag: Tag, digest: Digest): Promise<void> {
    const { tags } = this.parts(repository);
    await tags.put(tag, digest);
    await tags.confirm(tag); // by the driver's clock, whatever the disk's
  }

  tag(repository: RepositoryName, tag: Tag): Promise<CheckedTag | undefined> {
    return this.parts(repository).tags.checked(tag);
  }

  async refreshTag(repository: RepositoryName, tag: Tag): Promise<void> {
    await this.parts(repository).tags.confirm(tag);
  }

  /** Whether or not it is here. */
  async touchManifest(repository: RepositoryName, digest: Digest): Promise<void> {
    await this.links.touch(revisionLinkPath(repository, digest));
  }

  async forgetTag(repository: RepositoryName, tag: Tag): Promise<void> {
    try {
      await this.parts(repository).tags.delete(tag);
    } catch (error) {
      if (!(error instanceof RegistryError && error.code === "MANIFEST_UNKNOWN")) throw error;
    }
  }
}
