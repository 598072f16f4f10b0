import type { Descriptor } from "../../src/oci/descriptor.ts";
import { type Digest, parseDigest } from "../../src/oci/digest.ts";
import type { Reference, RepositoryName, Tag } from "../../src/oci/reference.ts";
import type { Listing, Page } from "../../src/registry/registry.ts";
import {
  type BlobOptions,
  type FetchedBlob,
  type FetchedManifest,
  type Resolved,
  type Upstream,
  UpstreamError,
  type UpstreamFailure,
} from "../../src/proxy/upstream.ts";
import type { Image } from "./images.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A registry elsewhere, in memory. Remembers what it was asked, and fails, waits and lies as a test says. */
export class FakeUpstream implements Upstream {
  /** `resolve library/redis:7`, `manifest library/redis@sha256:…`, `size …`, `blob …`, `tags …`, `referrers …`. */
  readonly asked: string[] = [];
  /** What it fails with, when it fails. */
  failure: UpstreamError | undefined;
  /** Every answer waits for it. */
  hold: Promise<unknown> = Promise.resolve();
  /** In place of the right bytes of a blob or manifest. */
  lie: ((right: Bytes) => Bytes) | undefined;
  /** Whether it sends blobs without telling how long they are. */
  hidesSizes = false;
  /** Whether the manifest comes along with what a tag points at. */
  sendsManifests = false;
  closed = false;
  readonly manifests = new Map<string, FetchedManifest>();
  readonly #tags = new Map<string, Digest>();
  readonly blobs = new Map<string, Bytes>();
  readonly #referrers = new Map<string, Descriptor[]>();

  constructor(readonly name: string) {}

  fail(kind: UpstreamFailure, reason = "it is broken", options: UpstreamError["options"] = {}) {
    this.failure = new UpstreamError(this.name, kind, reason, options);
  }

  /** How often it was asked for what begins so. */
  count(start: string): number {
    return this.asked.filter((question) => question.startsWith(start)).length;
  }

  push(repository: string, image: Image, ...tags: readonly string[]): void {
    for (const child of image.children) this.push(repository, child);
    for (const { descriptor, bytes } of image.blobs) {
      this.blobs.set(`${repository}@${descriptor.digest}`, bytes);
    }
    const { bytes, descriptor: { digest: text, mediaType } } = image.manifest;
    const digest = parseDigest(text);
    this.manifests.set(`${repository}@${digest}`, { digest, mediaType, bytes });
    for (const tag of tags) this.#tags.set(`${repository}:${tag}`, digest);
  }

  untag(repository: string, tag: string): void {
    this.#tags.delete(`${repository}:${tag}`);
  }

  refer(repository: string, subject: string, referrer: Descriptor): void {
    const key = `${repository}@${subject}`;
    this.#referrers.set(key, [...this.#referrers.get(key) ?? [], referrer]);
  }

  async resolve(repository: RepositoryName, tag: Tag): Promise<Resolved | undefined> {
    const key = `${repository}:${tag}`;
    await this.#ask("resolve", key);
    const digest = this.#tags.get(key);
    const manifest = this.sendsManifests
      ? this.manifests.get(`${repository}@${digest}`)
      : undefined;
    return digest && { digest, ...(manifest && { manifest }) };
  }

  async manifest(
    repository: RepositoryName,
    reference: Reference,
  ): Promise<FetchedManifest | undefined> {
    const digest = reference.kind === "digest"
      ? reference.digest
      : this.#tags.get(`${repository}:${reference.tag}`);
    await this.#ask("manifest", `${repository}@${digest}`);
    const found = this.manifests.get(`${repository}@${digest}`);
    return found && this.lie ? { ...found, bytes: this.lie(found.bytes) } : found;
  }

  async blobSize(repository: RepositoryName, digest: Digest): Promise<number | undefined> {
    await this.#ask("size", `${repository}@${digest}`);
    return this.blobs.get(`${repository}@${digest}`)?.length;
  }

  async blob(
    repository: RepositoryName,
    digest: Digest,
    { start, end }: BlobOptions,
  ): Promise<FetchedBlob | undefined> {
    await this.#ask("blob", `${repository}@${digest}`);
    const right = this.blobs.get(`${repository}@${digest}`);
    if (right === undefined) return undefined;
    const bytes = this.lie?.(right) ?? right;
    return {
      size: this.hidesSizes ? undefined : bytes.length,
      chunks: pieces(bytes.slice(start, end)),
    };
  }

  async tags(repository: RepositoryName, page: Page): Promise<Listing<Tag> | undefined> {
    await this.#ask("tags", `${repository} ${page.limit} ${page.last}`);
    const start = `${repository}:`;
    const all = [...this.#tags.keys()].filter((key) => key.startsWith(start))
      .map((key) => key.slice(start.length) as Tag).sort();
    if (all.length === 0) return undefined;
    const after = all.filter((tag) => tag > page.last);
    const entries = after.slice(0, page.limit);
    return { entries, more: entries.length < after.length };
  }

  async referrers(
    repository: RepositoryName,
    subject: Digest,
    artifactType: string | undefined,
  ): Promise<readonly Descriptor[]> {
    await this.#ask("referrers", `${repository}@${subject} ${artifactType}`);
    return this.#referrers.get(`${repository}@${subject}`) ?? [];
  }

  close(): void {
    this.closed = true;
  }

  async #ask(what: string, about: string): Promise<void> {
    this.asked.push(`${what} ${about}`);
    const { failure } = this;
    await this.hold;
    if (failure !== undefined) throw failure;
  }
}

async function* pieces(bytes: Bytes): AsyncGenerator<Bytes> {
  for (let at = 0; at < bytes.length; at += 1000) {
    yield await Promise.resolve(bytes.slice(at, at + 1000));
  }
}
