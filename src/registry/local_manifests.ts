import type { LRUCache } from "lru-cache";
import type { KeyedLock } from "../async/keyed_lock.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { algorithmOf, CANONICAL, type Digest, digestOf } from "../oci/digest.ts";
import { RegistryError } from "../oci/error.ts";
import { type Manifest, ownMediaType, parseManifest, readManifest } from "../oci/manifest.ts";
import type { Reference, RepositoryName } from "../oci/reference.ts";
import { namesOf } from "./aliases.ts";
import type { BlobData } from "./blob_data.ts";
import { Closure } from "./closure.ts";
import { mediaTypePath, revisionLinkPath, revisionsPath } from "./layout.ts";
import { inPlace } from "./in_place.ts";
import type { Links } from "./links.ts";
import type { LocalReferrers } from "./local_referrers.ts";
import type { LocalTags } from "./local_tags.ts";
import { checkUrls, type ManifestPolicy, neededBlobs, neededChildren } from "./manifest_policy.ts";
import { present, sane } from "./trash.ts";
import type { ManifestPush, ManifestService, PutResult, StoredManifest } from "./registry.ts";

/** Missing references that one answer lists. */
const LISTED_ERRORS = 100;

/**
 * Media types of stored manifests, shared by all repositories: by canonical digest where the bytes tell it, else by repository and
 * digest.
 */
export type MediaTypes = LRUCache<string, string>;

/** What a cache keeps. */
export interface KeptManifest {
  /** What it is asked for by; the canonical digest is kept beside it. */
  readonly digest: Digest;
  /** Of which the upstream says that it is. */
  readonly mediaType: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Of a document that cannot be read. */
const NOTHING_NAMED: Omit<Manifest, "mediaType"> = { kind: "image", blobs: [], children: [] };

interface Resolved {
  readonly named: Digest;
  readonly canonical: Digest;
}

/** The manifests of one repository: links to blobs. */
export class LocalManifests implements ManifestService {
  readonly #closure: Closure;

  constructor(
    private readonly name: RepositoryName,
    private readonly data: BlobData,
    private readonly links: Links,
    private readonly tags: LocalTags,
    private readonly referrers: LocalReferrers,
    private readonly policy: ManifestPolicy,
    private readonly mediaTypes: MediaTypes,
    /** By path of the revision's canonical link; shared by all repositories. */
    private readonly lock: KeyedLock,
  ) {
    this.#closure = new Closure(name, data, links);
  }

  async get(reference: Reference): Promise<StoredManifest> {
    const { named, canonical } = await this.#resolve(reference);
    const bytes = this.data.cached(canonical) ?? await this.data.content(canonical);
    if (bytes === undefined) throw this.#unknown(named);
    const mediaType = this.mediaTypes.get(canonical) ?? await this.#mediaType(canonical, bytes);
    return { digest: named, mediaType, bytes };
  }

  async stat(reference: Reference): Promise<Descriptor> {
    const { digest, mediaType, bytes } = await this.get(reference);
    return { digest, mediaType, size: bytes.length };
  }

  /** In the order of gc_protocol.md, "PUT manifest": check, publish, check again, and only then answer. */
  async put(push: ManifestPush): Promise<PutResult> {
    const manifest = parseManifest(push.bytes, push.contentType);
    const canonical = await digestOf(CANONICAL, push.bytes);
    const named = push.digest ?? canonical;
    await checkDigest(named, canonical, push.bytes);
    checkUrls(manifest, this.policy.urls);
    const missing = await this.#closure.missing(manifest);
    this.#refuse(manifest, missing);
    // Beside a DELETE of the same manifest one of the two comes first, as a whole.
    await this.lock.shared(revisionLinkPath(this.name, canonical), async () => {
      await this.#publish(push, manifest, named, canonical);
      await this.#checkAgain(manifest, missing, canonical, push.bytes);
    });
    return { digest: named, ...(manifest.subject && { subject: manifest.subject }) };
  }

  /**
   * Stores what an upstream has, byte for byte, whatever its type and whether or not what it names is there; durably.
   * @throws DIGEST_INVALID
   */
  async keep({ digest, mediaType, bytes }: KeptManifest): Promise<void> {
    const canonical = await digestOf(CANONICAL, bytes);
    await checkDigest(digest, canonical, bytes);
    const manifest = { ...readManifest(bytes) ?? NOTHING_NAMED, mediaType };
    await this.lock.shared(revisionLinkPath(this.name, canonical), async () => {
      await this.#noteMediaType(canonical, bytes, mediaType);
      await this.#publish({ bytes, contentType: mediaType, tags: [] }, manifest, digest, canonical);
      await this.#store(canonical, bytes); // the second look of gc_protocol.md; what it names may be missing
    });
  }

  async delete(reference: Reference): Promise<void> {
    if (reference.kind === "tag") return await this.tags.delete(reference.tag);
    const canonical = await this.links.find(revisionLinkPath(this.name, reference.digest));
    if (canonical === undefined) throw new RegistryError("MANIFEST_UNKNOWN");
    const key = revisionLinkPath(this.name, canonical);
    await this.lock.exclusive(key, () => this.#delete(reference.digest, canonical));
  }

  async #delete(named: Digest, canonical: Digest): Promise<void> {
    const names = await namesOf(
      canonical,
      (algorithm) => revisionsPath(this.name, algorithm),
      this.links,
    );
    const all = new Set([named, ...names]);
    const content = await this.data.soundContent(canonical);
    const removed = await Promise.all(
      [...all].map((name) => this.links.remove(revisionLinkPath(this.name, name))),
    );
    await this.tags.deleteAllOf(all);
    const subject = content && readManifest(content)?.subject;
    if (subject) await Promise.all([...all].map((name) => this.referrers.remove(subject, name)));
    await this.#forgetMediaType(canonical);
    if (!removed.includes(true)) throw new RegistryError("MANIFEST_UNKNOWN");
  }

  async #resolve(reference: Reference): Promise<Resolved> {
    const named = reference.kind === "digest"
      ? reference.digest
      : await this.tags.resolve(reference.tag);
    const canonical = await this.links.get(revisionLinkPath(this.name, named));
    if (canonical === undefined) throw this.#unknown(named);
    return { named, canonical };
  }

  async #mediaType(canonical: Digest, bytes: Uint8Array): Promise<string> {
    const own = ownMediaType(bytes);
    if (own !== undefined) {
      this.mediaTypes.set(canonical, own);
      return own;
    }
    const key = `${this.name}@${canonical}`;
    const mediaType = this.mediaTypes.get(key) ?? await this.#notedMediaType(canonical) ??
      readManifest(bytes)?.mediaType;
    if (mediaType === undefined) throw this.#unknown(canonical);
    this.mediaTypes.set(key, mediaType);
    return mediaType;
  }

  async #notedMediaType(canonical: Digest): Promise<string | undefined> {
    const path = mediaTypePath(this.name, canonical);
    const noted = await sane(() => this.links.driver.getContent(path));
    return noted?.length ? new TextDecoder().decode(noted) : undefined;
  }

  /** Durable before the manifest is, if it cannot be told from the bytes. */
  async #noteMediaType(canonical: Digest, bytes: Uint8Array, mediaType: string): Promise<void> {
    if (ownMediaType(bytes) !== undefined) return;
    if (readManifest(bytes)?.mediaType === mediaType) return await this.#forgetMediaType(canonical);
    const path = mediaTypePath(this.name, canonical);
    await this.links.driver.putContent(path, new TextEncoder().encode(mediaType));
    this.mediaTypes.set(`${this.name}@${canonical}`, mediaType);
  }

  async #forgetMediaType(canonical: Digest): Promise<void> {
    this.mediaTypes.delete(`${this.name}@${canonical}`);
    await present(() => this.links.driver.remove(mediaTypePath(this.name, canonical)));
  }

  #refuse(manifest: Manifest, missing: ReadonlySet<Digest>): void {
    const needed = [
      ...neededBlobs(manifest, this.policy),
      ...neededChildren(manifest, this.policy),
    ];
    refuseMissing(
      needed.map((reference) => reference.digest).filter((digest) => missing.has(digest)),
    );
  }

  /** Data, then the links to it, then what names the links; each durable before the next. */
  async #publish(
    push: ManifestPush,
    manifest: Manifest,
    named: Digest,
    canonical: Digest,
  ): Promise<void> {
    const path = revisionLinkPath(this.name, canonical);
    // An old link is made young again, as a new one would be: the collector's grace begins now.
    if (await this.#store(canonical, push.bytes)) await this.links.touch(path);
    if (named !== canonical) await this.links.put(revisionLinkPath(this.name, named), canonical);
    if (manifest.subject) {
      await this.referrers.add(manifest.subject, {
        mediaType: manifest.mediaType,
        digest: named,
        size: push.bytes.length,
        ...(manifest.artifactType && { artifactType: manifest.artifactType }),
        ...(manifest.annotations && { annotations: manifest.annotations }),
      });
    }
    await Promise.all(push.tags.map((tag) => this.tags.put(tag, named)));
  }

  /** Data and link, unless both are there and whole. @returns whether they were */
  async #store(canonical: Digest, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
    const path = revisionLinkPath(this.name, canonical);
    const there = await inPlace(this.links.driver, [canonical], () => path);
    if (there.get(canonical) === bytes.length && await this.#isWhole(canonical, path)) return true;
    await this.data.put(canonical, bytes);
    await this.links.put(path, canonical);
    return false;
  }

  /** Sizes alone do not tell: a crash can leave zeros in a file of the right length. */
  async #isWhole(canonical: Digest, link: string): Promise<boolean> {
    return await this.links.get(link) === canonical &&
      await this.data.soundContent(canonical) !== undefined;
  }

  /** What a collector took away since the first check is an error now; what was never there (sparse content) is not. */
  async #checkAgain(
    manifest: Manifest,
    before: ReadonlySet<Digest>,
    canonical: Digest,
    bytes: Uint8Array<ArrayBuffer>,
  ) {
    const [missing] = await Promise.all([
      this.#closure.missing(manifest),
      this.#store(canonical, bytes),
    ]);
    refuseMissing([...missing].filter((digest) => !before.has(digest)));
  }

  #unknown(digest: Digest): RegistryError {
    return new RegistryError("MANIFEST_UNKNOWN", {
      detail: `unknown manifest name=${this.name} revision=${digest}`,
    });
  }
}

async function checkDigest(
  named: Digest,
  canonical: Digest,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<void> {
  const algorithm = algorithmOf(named);
  const actual = algorithm === CANONICAL ? canonical : await digestOf(algorithm, bytes);
  if (actual !== named) {
    throw new RegistryError("DIGEST_INVALID", {
      detail: `the manifest's digest is ${actual}, not ${named}`,
    });
  }
}

function refuseMissing(digests: readonly Digest[]): void {
  const [first, ...others] = digests.slice(0, LISTED_ERRORS);
  if (first === undefined) return;
  throw new RegistryError("MANIFEST_BLOB_UNKNOWN", {
    detail: first,
    more: others.map((digest) => new RegistryError("MANIFEST_BLOB_UNKNOWN", { detail: digest })),
  });
}
