import type { LRUCache } from "lru-cache";
import { inTurns } from "../async/in_turns.ts";
import type { SingleFlight } from "../async/single_flight.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { algorithmOf, asDigest, CANONICAL, type Digest, hexOf } from "../oci/digest.ts";
import { readManifest } from "../oci/manifest.ts";
import { asTag, type RepositoryName } from "../oci/reference.ts";
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
import type { ReferrerIndex } from "./registry.ts";
import { present } from "./trash.ts";

const PARALLEL = 16;
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
    /** Repositories whose index is known to be built; shared by all. */
    private readonly built: LRUCache<RepositoryName, true>,
    private readonly building: SingleFlight<void>,
  ) {}

  async list(subject: Digest, artifactType?: string): Promise<readonly Descriptor[]> {
    await this.#ensureBuilt();
    const found = new Map<Digest, Descriptor>();
    for (const descriptor of [...await this.#indexed(subject), ...await this.#tagged(subject)]) {
      if (!found.has(descriptor.digest)) found.set(descriptor.digest, descriptor);
    }
    const all = [...found.values()];
    return artifactType === undefined
      ? all
      : all.filter((descriptor) => descriptor.artifactType === artifactType);
  }

  /** Records a referrer durably. */
  async add(subject: Digest, referrer: Descriptor): Promise<void> {
    const path = referrerPath(this.name, subject, referrer.digest);
    await this.links.driver.putContent(path, encoder.encode(JSON.stringify(referrer)));
  }

  async remove(subject: Digest, referrer: Digest): Promise<void> {
    await present(() => this.links.driver.remove(referrerPath(this.name, subject, referrer)));
  }

  /** Entries of the index whose manifest is still there: registry:2 may have deleted it without knowing of the index. */
  async #indexed(subject: Digest): Promise<Descriptor[]> {
    const folder = referrersPath(this.name, subject);
    const names = await present(() => this.links.driver.list(folder)) ?? [];
    const entries = await inTurns(names, PARALLEL, async (name) => {
      const bytes = await present(() => this.links.driver.getContent(`${folder}/${name}`));
      const descriptor = bytes && parseEntry(bytes);
      return descriptor && await this.links.get(revisionLinkPath(this.name, descriptor.digest))
        ? descriptor
        : undefined;
    });
    return entries.filter((entry) => entry !== undefined);
  }

  /** Entries of the index under the fallback tag. */
  async #tagged(subject: Digest): Promise<Descriptor[]> {
    const tag = asTag(`${algorithmOf(subject)}-${hexOf(subject)}`);
    const digest = tag && await this.links.get(tagLinkPath(this.name, tag));
    const bytes = digest && await this.#bytes(digest);
    const children = bytes && readManifest(bytes)?.children;
    const entries = await inTurns(
      children ?? [],
      PARALLEL,
      (child) => this.#describe(child.digest),
    );
    return entries.filter((entry) => entry !== undefined);
  }

  async #bytes(digest: Digest): Promise<Uint8Array | undefined> {
    const canonical = await this.links.get(revisionLinkPath(this.name, digest));
    return canonical && await this.data.content(canonical);
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
    if (this.built.has(this.name)) return;
    await this.building.run(this.name, async () => {
      const path = referrersBuiltPath(this.name);
      if (await present(() => this.links.driver.stat(path)) === undefined) {
        const revisions = await present(() =>
          this.links.driver.list(revisionsPath(this.name, CANONICAL))
        );
        if (revisions === undefined) return; // nothing there yet; look again when asked again
        await inTurns(revisions, PARALLEL, (hex) => this.#index(hex));
        await this.links.driver.putContent(path, encoder.encode("1"));
      }
      this.built.set(this.name, true);
    });
  }

  async #index(hex: string): Promise<void> {
    const digest = asDigest(`${CANONICAL}:${hex}`);
    if (digest === undefined) return;
    const bytes = await this.#bytes(digest);
    const subject = bytes && readManifest(bytes)?.subject;
    const referrer = subject && await this.#describe(digest);
    if (referrer) await this.add(subject, referrer);
  }
}

function parseEntry(bytes: Uint8Array): Descriptor | undefined {
  try {
    const entry = JSON.parse(decoder.decode(bytes));
    return asDigest(String(entry.digest)) && entry;
  } catch {
    return undefined; // a torn entry cannot come from us; junk is passed over
  }
}
