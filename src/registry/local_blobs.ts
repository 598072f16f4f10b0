import { algorithmOf, CANONICAL, type Digest, type DigestAlgorithm } from "../oci/digest.ts";
import { RegistryError } from "../oci/error.ts";
import type { RepositoryName } from "../oci/reference.ts";
import { namesOf } from "./aliases.ts";
import type { BlobData } from "./blob_data.ts";
import { layerLinkPath, layersPath } from "./layout.ts";
import type { Links } from "./links.ts";
import type {
  BlobInfo,
  BlobStore,
  MountSource,
  OpenBlob,
  Sight,
  UploadSession,
} from "./registry.ts";
import type { Uploads } from "./uploads.ts";

/** Repositories looked at for a mount that names none; a client that is told no just uploads. */
const MOUNT_CANDIDATES = 1000;

/** The blobs that one repository may see. */
export class LocalBlobs implements BlobStore {
  constructor(
    private readonly name: RepositoryName,
    private readonly data: BlobData,
    private readonly links: Links,
    private readonly uploads: Uploads,
    /** Names of repositories, for a mount that names none. */
    private readonly repositories: (
      limit: number,
      sight: Sight | undefined,
    ) => Promise<readonly RepositoryName[]>,
  ) {}

  async stat(digest: Digest): Promise<BlobInfo> {
    const size = await this.#size(this.name, digest);
    if (size === undefined) throw unknownBlob(digest);
    return { digest, size };
  }

  async open(digest: Digest): Promise<OpenBlob> {
    const canonical = await this.links.getAndTouch(layerLinkPath(this.name, digest));
    const source = canonical && await this.data.open(canonical);
    if (source === undefined) throw unknownBlob(digest);
    return { digest, size: source.size, source };
  }

  /** Takes all names of the content away: a blob that was pushed by sha512 is known by its sha256 too. */
  async delete(digest: Digest): Promise<void> {
    const canonical = await this.links.find(layerLinkPath(this.name, digest));
    if (canonical === undefined) throw new RegistryError("BLOB_UNKNOWN");
    const names = await namesOf(
      canonical,
      (algorithm) => layersPath(this.name, algorithm),
      this.links,
    );
    const removed = await Promise.all(
      [digest, ...names].map((name) => this.links.remove(layerLinkPath(this.name, name))),
    );
    if (!removed.includes(true)) throw new RegistryError("BLOB_UNKNOWN");
  }

  startUpload(algorithm: DigestAlgorithm = CANONICAL): Promise<UploadSession> {
    return this.uploads.start(this.name, algorithm);
  }

  resumeUpload(id: string): Promise<UploadSession> {
    return this.uploads.resume(this.name, id);
  }

  async mount(digest: Digest, from: MountSource): Promise<BlobInfo | undefined> {
    const source = "repository" in from ? from.repository : await this.#holder(digest, from.anyOf);
    if (source === undefined || await this.#size(source, digest) === undefined) return undefined;
    const canonical = await this.links.find(layerLinkPath(source, digest));
    if (canonical === undefined) return undefined;
    const names = new Set([canonical, digest]);
    await Promise.all(
      [...names].map((name) => this.links.put(layerLinkPath(this.name, name), canonical)),
    );
    // Only a look after the link is there protects it from a collector (gc_protocol.md, "mount").
    const size = await this.data.find(canonical);
    return size === undefined ? undefined : { digest, size };
  }

  async #size(repository: RepositoryName, digest: Digest): Promise<number | undefined> {
    const canonical = await this.links.getAndTouch(layerLinkPath(repository, digest));
    return canonical && await this.data.size(canonical);
  }

  async #holder(digest: Digest, sight: Sight | undefined): Promise<RepositoryName | undefined> {
    // Most such mounts are of new content, which no repository has.
    if (algorithmOf(digest) === CANONICAL && await this.data.size(digest) === undefined) {
      return undefined;
    }
    if (sight?.sees(this.name) !== false && await this.#size(this.name, digest) !== undefined) {
      return this.name;
    }
    for (const repository of await this.repositories(MOUNT_CANDIDATES, sight)) {
      if (await this.#size(repository, digest) !== undefined) return repository;
    }
    return undefined;
  }
}

function unknownBlob(digest: Digest): RegistryError {
  return new RegistryError("BLOB_UNKNOWN", { detail: digest });
}
