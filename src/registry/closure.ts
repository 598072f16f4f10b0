import { inTurns } from "../async/in_turns.ts";
import type { Digest } from "../oci/digest.ts";
import { type Manifest, readManifest } from "../oci/manifest.ts";
import type { RepositoryName } from "../oci/reference.ts";
import type { BlobData } from "./blob_data.ts";
import { inPlace } from "./in_place.ts";
import { layerLinkPath, revisionLinkPath } from "./layout.ts";
import type { Links } from "./links.ts";

/** Lookups under way at once for one push. */
const PARALLEL = 16;
/** Manifests below one index that are followed; what lies beyond is only looked for, not into. */
const MOST_MANIFESTS = 2_000;

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

  /** The digests that are missing, of all levels. */
  async missing(manifest: Manifest): Promise<Set<Digest>> {
    const missing = new Set<Digest>();
    const seen = new Set<Digest>();
    let level = [manifest];
    let manifests = 0;
    while (level.length > 0) {
      const blobs = fresh(level.flatMap((item) => item.blobs.map((blob) => blob.digest)), seen);
      const children = fresh(
        level.flatMap((item) => item.children.map((child) => child.digest)),
        seen,
      );
      manifests += children.length;
      const next: Manifest[] = [];
      await Promise.all([
        this.#lookForBlobs(blobs, missing),
        this.#lookForManifests(children, missing, manifests <= MOST_MANIFESTS ? next : []),
      ]);
      level = next;
    }
    return missing;
  }

  async #lookForBlobs(digests: readonly Digest[], missing: Set<Digest>): Promise<void> {
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

  /** @param found gets the manifests that are there, to be looked into */
  async #lookForManifests(
    digests: readonly Digest[],
    missing: Set<Digest>,
    found: Manifest[],
  ): Promise<void> {
    const there = await inPlace(
      this.links.driver,
      digests,
      (digest) => revisionLinkPath(this.name, digest),
    );
    await inTurns(digests, PARALLEL, async (digest) => {
      const content = there.has(digest)
        ? await this.data.content(digest)
        : await this.#find(digest);
      if (content === undefined) missing.add(digest);
      const manifest = content && readManifest(content);
      if (manifest) found.push(manifest);
    });
  }

  async #find(digest: Digest): Promise<Uint8Array | undefined> {
    const canonical = await this.links.find(revisionLinkPath(this.name, digest));
    // The cache may hold what a collector has hidden since: look at the disk.
    if (canonical === undefined || await this.data.find(canonical) === undefined) return undefined;
    return await this.data.content(canonical);
  }
}

function fresh(digests: readonly Digest[], seen: Set<Digest>): Digest[] {
  const found = new Set(digests.filter((digest) => !seen.has(digest)));
  for (const digest of found) seen.add(digest);
  return [...found];
}
