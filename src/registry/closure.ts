import { inTurns } from "../async/in_turns.ts";
import type { Digest } from "../oci/digest.ts";
import { RegistryError } from "../oci/error.ts";
import { type Manifest, readManifest } from "../oci/manifest.ts";
import type { RepositoryName } from "../oci/reference.ts";
import type { BlobData } from "./blob_data.ts";
import { inPlace } from "./in_place.ts";
import { layerLinkPath, revisionLinkPath } from "./layout.ts";
import type { Links } from "./links.ts";

/** Lookups under way at once for one push. */
const PARALLEL = 16;
/**
 * Most bytes of manifests below one index: thousands of real ones. Reading JSON holds up everybody else, so what wants more is
 * refused; a check that stopped there would let a collector take away what it had not looked at.
 */
const MOST_BYTES = 16 * 1024 * 1024;

/** What a check is still to look at, and what it has found. */
interface Search {
  readonly seen: Set<Digest>;
  readonly missing: Set<Digest>;
  bytes: number;
}

/**
 * Looks for everything that a manifest needs, transitively through the children of an index, and takes back what a collector has
 * hidden (gc_protocol.md, "PUT manifest"; a flat check is one of the mutations that lose content).
 */
export class Closure {
  constructor(
    private readonly name: RepositoryName,
    private readonly data: BlobData,
    private readonly links: Links,
  ) {}

  /** The digests that are missing, of all levels. @throws MANIFEST_INVALID, status 413, when there is too much below it */
  async missing(manifest: Manifest): Promise<Set<Digest>> {
    const search: Search = { seen: new Set(), missing: new Set(), bytes: 0 };
    await this.#lookInto(manifest, search);
    return search.missing;
  }

  async #lookInto(manifest: Manifest, search: Search): Promise<void> {
    await this.#lookForBlobs(fresh(manifest.blobs, search), search);
    const children = fresh(manifest.children, search);
    const there = await inPlace(
      this.links.driver,
      children,
      (digest) => revisionLinkPath(this.name, digest),
    );
    // One after the other: a manifest that has been read takes ten times its bytes.
    for (const digest of children) {
      const content = there.has(digest)
        ? await this.data.soundContent(digest)
        : await this.#find(digest);
      if (content === undefined) {
        search.missing.add(digest);
        continue;
      }
      search.bytes += content.length;
      if (search.bytes > MOST_BYTES) throw tooMuch();
      const child = readManifest(content);
      if (child) await this.#lookInto(child, search);
    }
  }

  async #lookForBlobs(digests: readonly Digest[], { missing }: Search): Promise<void> {
    const there = await inPlace(
      this.links.driver,
      digests,
      (digest) => layerLinkPath(this.name, digest),
    );
    await inTurns(digests.filter((digest) => !there.has(digest)), PARALLEL, async (digest) => {
      const canonical = await this.links.find(layerLinkPath(this.name, digest));
      if (canonical === undefined || await this.data.find(canonical) === undefined) {
        missing.add(digest);
      }
    });
  }

  async #find(digest: Digest): Promise<Uint8Array | undefined> {
    const canonical = await this.links.find(revisionLinkPath(this.name, digest));
    // The cache may hold what a collector has hidden since: look at the disk.
    if (canonical === undefined || await this.data.find(canonical) === undefined) return undefined;
    return await this.data.soundContent(canonical);
  }
}

function fresh(references: readonly { readonly digest: Digest }[], { seen }: Search): Digest[] {
  const found = new Set(
    references.map((reference) => reference.digest).filter((digest) => !seen.has(digest)),
  );
  for (const digest of found) seen.add(digest);
  return [...found];
}

function tooMuch(): RegistryError {
  return new RegistryError("MANIFEST_INVALID", {
    status: 413,
    detail: `the manifests below this index have more than ${MOST_BYTES} bytes in all`,
  });
}
