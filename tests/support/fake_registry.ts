import { createHash } from "node:crypto";
import type { ByteSource } from "../../src/async/byte_source.ts";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { algorithmOf, type Digest, hexOf, makeDigest } from "../../src/oci/digest.ts";
import { RegistryError } from "../../src/oci/error.ts";
import { readManifest } from "../../src/oci/manifest.ts";
import type { Reference, RepositoryName, Tag } from "../../src/oci/reference.ts";
import type {
  BlobInfo,
  BlobStore,
  Listing,
  ManifestPush,
  ManifestService,
  MountSource,
  OpenBlob,
  Page,
  PutResult,
  ReferrerPage,
  ReferrerQuery,
  Registry,
  Repository,
  Sight,
  StoredManifest,
  UploadSession,
} from "../../src/registry/registry.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export function sha256(bytes: Bytes | string): Digest {
  return makeDigest("sha256", createHash("sha256").update(bytes).digest("hex"));
}

/** A registry in memory that checks digests and nothing else, for tests of what lies in front of one. */
export class FakeRegistry implements Registry {
  readonly content = new Map<RepositoryName, FakeRepository>();
  /** Sources that were opened and not closed again. */
  openSources = 0;
  /** Calls of `blobs.open` and `manifests.get`, which a HEAD must not make. */
  reads = 0;

  repository(name: RepositoryName): FakeRepository {
    const known = this.content.get(name);
    if (known !== undefined) return known;
    const made = new FakeRepository(name, this);
    this.content.set(name, made);
    return made;
  }

  repositories(page: Page, sight?: Sight): Promise<Listing<RepositoryName>> {
    const names = [...this.content.values()].filter((r) => r.manifests.stored.size > 0)
      .map((r) => r.name).filter((name) => sight?.sees(name) !== false);
    return Promise.resolve(cut(names, page));
  }
}

export class FakeRepository implements Repository {
  readonly blobs: FakeBlobs;
  readonly manifests: FakeManifests;

  constructor(readonly name: RepositoryName, readonly registry: FakeRegistry) {
    this.blobs = new FakeBlobs(this);
    this.manifests = new FakeManifests(registry);
  }

  readonly tags = {
    list: (page: Page): Promise<Listing<Tag>> => {
      if (!this.manifests.tagged) {
        const error = new RegistryError("NAME_UNKNOWN", { detail: { name: this.name } });
        return Promise.reject(error);
      }
      return Promise.resolve(cut([...this.manifests.tags.keys()], page));
    },
  };

  /** Descriptors of a page. */
  referrersPage = Infinity;

  readonly referrers = {
    list: (
      subject: Digest,
      { artifactType, last = "" }: ReferrerQuery = {},
    ): Promise<ReferrerPage> => {
      const found: Descriptor[] = [];
      for (const { digest, mediaType, bytes } of this.manifests.stored.values()) {
        const manifest = readManifest(bytes);
        if (manifest?.subject !== subject) continue;
        const type = manifest.artifactType;
        if (artifactType !== undefined && type !== artifactType) continue;
        found.push({ mediaType, digest, size: bytes.length, ...(type && { artifactType: type }) });
      }
      const rest = found.filter((entry) => entry.digest > last);
      const entries = rest.slice(0, this.referrersPage);
      const next = entries.at(-1)?.digest;
      return Promise.resolve(
        entries.length < rest.length && next ? { entries, next } : { entries },
      );
    },
  };
}

export class FakeBlobs implements BlobStore {
  readonly stored = new Map<Digest, Bytes>();
  readonly uploads = new Map<string, FakeUpload>();

  constructor(readonly repository: FakeRepository) {}

  add(content: string): Digest {
    const bytes = new TextEncoder().encode(content);
    this.stored.set(sha256(bytes), bytes);
    return sha256(bytes);
  }

  stat(digest: Digest): Promise<BlobInfo> {
    const bytes = this.stored.get(digest);
    if (bytes) return Promise.resolve({ digest, size: bytes.length });
    return Promise.reject(new RegistryError("BLOB_UNKNOWN", { detail: digest }));
  }

  async open(digest: Digest): Promise<OpenBlob> {
    const { size } = await this.stat(digest);
    const { registry } = this.repository;
    registry.reads++;
    return {
      digest,
      size,
      source: fakeSource(this.stored.get(digest) ?? new Uint8Array(), registry),
    };
  }

  async delete(digest: Digest): Promise<void> {
    await this.stat(digest);
    this.stored.delete(digest);
  }

  startUpload(): Promise<UploadSession> {
    const session = new FakeUpload(this, `upload-${this.uploads.size}`);
    this.uploads.set(session.id, session);
    return Promise.resolve(session);
  }

  resumeUpload(id: string): Promise<UploadSession> {
    const session = this.uploads.get(id);
    if (session) return Promise.resolve(session);
    const detail = "blob upload unknown";
    return Promise.reject(new RegistryError("BLOB_UPLOAD_UNKNOWN", { detail }));
  }

  mount(digest: Digest, from: MountSource): Promise<BlobInfo | undefined> {
    for (const { name, blobs } of [...this.repository.registry.content.values()]) {
      const bytes = blobs.stored.get(digest);
      if (!bytes) continue;
      if ("anyOf" in from ? from.anyOf?.sees(name) === false : name !== from.repository) continue;
      this.stored.set(digest, bytes);
      return Promise.resolve({ digest, size: bytes.length });
    }
    return Promise.resolve(undefined);
  }
}

export class FakeUpload implements UploadSession {
  bytes: Bytes = new Uint8Array();

  constructor(readonly blobs: FakeBlobs, readonly id: string) {}

  get offset(): number {
    return this.bytes.length;
  }

  async append(chunks: AsyncIterable<Bytes>, at?: number, length?: number): Promise<void> {
    if (at !== undefined && at !== this.offset) throw new RegistryError("RANGE_INVALID");
    const before = this.offset;
    for await (const chunk of chunks) {
      this.bytes = new Uint8Array([...this.bytes, ...chunk]);
    }
    if (length !== undefined && this.offset - before !== length) {
      throw new RegistryError("SIZE_INVALID");
    }
  }

  async commit(
    digest: Digest,
    chunks?: AsyncIterable<Bytes>,
    at?: number,
    length?: number,
  ): Promise<BlobInfo> {
    if (chunks) await this.append(chunks, at, length);
    await this.cancel();
    const hex = createHash(algorithmOf(digest)).update(this.bytes).digest("hex");
    if (hex !== hexOf(digest)) throw new RegistryError("DIGEST_INVALID");
    this.blobs.stored.set(digest, this.bytes);
    return { digest, size: this.offset };
  }

  cancel(): Promise<void> {
    this.blobs.uploads.delete(this.id);
    return Promise.resolve();
  }
}

export class FakeManifests implements ManifestService {
  readonly stored = new Map<Digest, StoredManifest>();
  readonly tags = new Map<Tag, Digest>();
  readonly pushes: ManifestPush[] = [];
  tagged = false;

  constructor(readonly registry: FakeRegistry) {}

  get(reference: Reference): Promise<StoredManifest> {
    this.registry.reads++;
    return this.#find(reference);
  }

  async stat(reference: Reference): Promise<Descriptor> {
    const { digest, mediaType, bytes } = await this.#find(reference);
    return { digest, mediaType, size: bytes.length };
  }

  put(push: ManifestPush): Promise<PutResult> {
    this.pushes.push(push);
    const digest = push.digest ?? sha256(push.bytes);
    const mediaType = push.contentType ?? "";
    this.stored.set(digest, { digest, mediaType, bytes: push.bytes });
    for (const tag of push.tags) this.tags.set(tag, digest);
    if (push.tags.length > 0) this.tagged = true;
    const subject = readManifest(push.bytes)?.subject;
    return Promise.resolve(subject ? { digest, subject } : { digest });
  }

  async delete(reference: Reference): Promise<void> {
    const { digest } = await this.#find(reference);
    if (reference.kind === "digest") this.stored.delete(digest);
    else this.tags.delete(reference.tag);
  }

  #find(reference: Reference): Promise<StoredManifest> {
    const digest = reference.kind === "digest" ? reference.digest : this.tags.get(reference.tag);
    const found = digest && this.stored.get(digest);
    return found ? Promise.resolve(found) : Promise.reject(new RegistryError("MANIFEST_UNKNOWN"));
  }
}

function fakeSource(bytes: Bytes, registry: FakeRegistry): ByteSource {
  let open = true;
  registry.openSources++;
  return {
    size: bytes.length,
    read(into, position) {
      if (!open) return Promise.reject(new Error("Cannot read: the source is closed"));
      const part = bytes.subarray(position, position + into.byteLength);
      into.set(part);
      return Promise.resolve(part.byteLength);
    },
    close() {
      if (open) registry.openSources--;
      open = false;
    },
  };
}

function cut<T extends string>(all: T[], { limit, last }: Page): Listing<T> {
  const rest = all.sort().filter((entry) => entry > last);
  const entries = rest.slice(0, limit);
  return { entries, more: entries.length < rest.length };
}
