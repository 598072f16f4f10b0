import type { LRUCache } from "lru-cache";
import type { SingleFlight } from "../async/single_flight.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { algorithmOf, asDigest, CANONICAL, type Digest, hexOf } from "../oci/digest.ts";
import { readManifest } from "../oci/manifest.ts";
import { asTag, type RepositoryName } from "../oci/reference.ts";
import { StorageError } from "../storage/driver.ts";
import type { BlobData } from "./blob_data.ts";
import {
  referrerPath,
  referrersBuiltPath,
  referrersPath,
  revisionLinkPath,
  revisionsPath,
  tagLinkPath,
} from "./layout.ts";
import type { Links } from "./links.ts";
import type { ReferrerIndex, ReferrerPage, ReferrerQuery } from "./registry.ts";
import { present, sane } from "./trash.ts";

/** A page ends after so many descriptors, … */
const PAGE_ENTRIES = 1000;
/** … or so many bytes of them: clients take an index of 4 MiB at most. */
const PAGE_BYTES = 3 * 1024 * 1024;
/** Longest entry that is listed with its annotations; a longer one goes without. */
const ENTRY_BYTES = 1024 * 1024;

/** How long an index that could not be written is believed. */
const UNWRITTEN_MS = 60_000;

/** An index that is built. */
export interface Built {
  /** Referrers by subject that are in no file. */
  readonly unwritten: ReadonlyMap<Digest, readonly Digest[]>;
  /** When it has to be built anew, in milliseconds since 1970. */
  readonly until: number;
}

const WRITTEN: Built = { unwritten: new Map(), until: Infinity };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Which manifests name which subject. An entry is a small file that holds the referrer's descriptor; all of them can be made again
 * from the manifests, and are, once, for a repository that registry:2 or 3 has written. What such a registry's clients recorded under
 * the fallback tag `sha256-<hex>` counts too (distribution-spec, "Referrers Tag Schema").
 */
export class LocalReferrers implements ReferrerIndex {
  constructor(
    private readonly name: RepositoryName,
    private readonly data: BlobData,
    private readonly links: Links,
    /** Repositories whose index is known to be built, with what of it could not be written; shared by all. */
    private readonly built: LRUCache<RepositoryName, Built>,
    private readonly building: SingleFlight<void>,
  ) {}

  async list(
    subject: Digest,
    { artifactType, last = "" }: ReferrerQuery = {},
  ): Promise<ReferrerPage> {
    await this.#ensureBuilt();
    const names = await this.#names(subject);
    const entries: Descriptor[] = [];
    let bytes = 0;
    for (const name of names.filter((name) => name > last)) {
      const entry = await this.#entry(subject, name);
      if (
        entry === undefined || (artifactType !== undefined && entry.artifactType !== artifactType)
      ) continue;
      bytes += JSON.stringify(entry).length;
      if (entries.length >= PAGE_ENTRIES || (bytes > PAGE_BYTES && entries.length > 0)) {
        return { entries, next: entryName(entries.at(-1)?.digest ?? subject) };
      }
      entries.push(entry);
    }
    return { entries };
  }

  /** Records a referrer durably. */
  async add(subject: Digest, referrer: Descriptor): Promise<void> {
    const bytes = encoder.encode(JSON.stringify(referrer));
    const { annotations: _, ...short } = referrer;
    const entry = bytes.length > ENTRY_BYTES ? encoder.encode(JSON.stringify(short)) : bytes;
    await this.links.driver.putContent(referrerPath(this.name, subject, referrer.digest), entry);
  }

  async remove(subject: Digest, referrer: Digest): Promise<void> {
    await present(() => this.links.driver.remove(referrerPath(this.name, subject, referrer)));
  }

  /** Names of the entries, from the index and from the fallback tag, sorted: what a page goes by. */
  async #names(subject: Digest): Promise<string[]> {
    const listed = await sane(() => this.links.driver.list(referrersPath(this.name, subject))) ??
      [];
    const others = [
      ...await this.#tagged(subject),
      ...this.built.get(this.name)?.unwritten.get(subject) ?? [],
    ];
    return [...new Set([...listed.filter(digestOfEntry), ...others.map(entryName)])].sort();
  }

  /** The referrers in the index under the fallback tag, which is cut off as the specification says. */
  async #tagged(subject: Digest): Promise<Digest[]> {
    const tag = asTag(`${algorithmOf(subject)}-${hexOf(subject).slice(0, 64)}`);
    const digest = tag && await this.links.get(tagLinkPath(this.name, tag));
    const bytes = digest && await this.#bytes(digest);
    return (bytes && readManifest(bytes)?.children.map((child) => child.digest)) ?? [];
  }

  /** Undefined when the manifest is gone: registry:2 may have deleted it without knowing of the index. */
  async #entry(subject: Digest, name: string): Promise<Descriptor | undefined> {
    const digest = digestOfEntry(name);
    if (digest === undefined || !await this.links.get(revisionLinkPath(this.name, digest))) {
      return undefined;
    }
    const path = `${referrersPath(this.name, subject)}/${name}`;
    const bytes = await sane(() => this.links.driver.getContent(path));
    return (bytes && parseEntry(bytes)) ?? await this.#describe(digest);
  }

  async #bytes(digest: Digest): Promise<Uint8Array | undefined> {
    const canonical = await this.links.get(revisionLinkPath(this.name, digest));
    return canonical && await this.data.soundContent(canonical);
  }

  async #describe(digest: Digest): Promise<Descriptor | undefined> {
    const bytes = await this.#bytes(digest);
    const manifest = bytes && readManifest(bytes);
    return manifest && {
      mediaType: manifest.mediaType,
      digest,
      size: bytes.length,
      ...(manifest.artifactType && { artifactType: manifest.artifactType }),
      ...(manifest.annotations && { annotations: manifest.annotations }),
    };
  }

  async #ensureBuilt(): Promise<void> {
    if ((this.built.get(this.name)?.until ?? 0) > this.links.clock.now()) return;
    await this.building.run(this.name, async () => {
      const path = referrersBuiltPath(this.name);
      if (await present(() => this.links.driver.stat(path)) !== undefined) {
        return void this.built.set(this.name, WRITTEN);
      }
      const revisions = await present(() =>
        this.links.driver.list(revisionsPath(this.name, CANONICAL))
      );
      if (revisions === undefined) return; // nothing there yet; look again when asked again
      await this.#build(revisions, path);
    });
  }

  async #build(revisions: readonly string[], path: string): Promise<void> {
    const found = new Map<Digest, Digest[]>();
    for (const hex of revisions) {
      const digest = asDigest(`${CANONICAL}:${hex}`);
      const bytes = digest && await this.#bytes(digest);
      const subject = bytes && readManifest(bytes)?.subject;
      if (subject) found.set(subject, [...found.get(subject) ?? [], digest]);
    }
    try {
      for (const [subject, digests] of found) {
        for (const digest of digests) {
          const referrer = await this.#describe(digest);
          if (referrer) await this.add(subject, referrer);
        }
      }
      await this.links.driver.putContent(path, encoder.encode("1"));
      this.built.set(this.name, WRITTEN);
    } catch (error) {
      if (!(error instanceof StorageError && READ_ONLY.has(error.code))) throw error;
      // A folder that may only be read: another server may write to it, so this is not believed for long.
      this.built.set(this.name, { unwritten: found, until: this.links.clock.now() + UNWRITTEN_MS });
    }
  }
}

const READ_ONLY: ReadonlySet<string | undefined> = new Set(["EROFS", "EACCES", "EPERM"]);

function entryName(digest: Digest): string {
  return `${algorithmOf(digest)}-${hexOf(digest)}`;
}

/** Undefined for junk. */
function digestOfEntry(name: string): Digest | undefined {
  return asDigest(name.replace("-", ":"));
}

function parseEntry(bytes: Uint8Array): Descriptor | undefined {
  try {
    const entry = JSON.parse(decoder.decode(bytes));
    return asDigest(String(entry.digest)) && entry;
  } catch {
    return undefined; // half of one cannot come from us; it is made again from the manifest
  }
}
