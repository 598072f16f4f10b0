import { inTurns } from "../async/in_turns.ts";
import type { Digest } from "../oci/digest.ts";
import { type Manifest, readManifest } from "../oci/manifest.ts";
import { isForeignLayer } from "../oci/media_type.ts";
import type { Repository, StoredManifest } from "../registry/registry.ts";
import { orUndefined } from "./unknown.ts";

/** Lookups under way at once. */
const PARALLEL = 16;
/** Most children of an index, of all levels, that are looked at: more than any real image has platforms. */
const MOST_CHILDREN = 200;

/**
 * Whether a client can pull all of it from here: config and layers; of an index those of one child, for a client that has been
 * given a manifest is bound to us (older podman doesn't go elsewhere for blobs).
 */
export function isComplete(local: Repository, manifest: StoredManifest): Promise<boolean> {
  const read = readManifest(manifest.bytes);
  if (read === undefined) return Promise.resolve(false);
  return new Search(local).isComplete(read);
}

class Search {
  readonly #seen = new Set<Digest>();

  constructor(private readonly local: Repository) {}

  async isComplete({ kind, blobs, children }: Manifest): Promise<boolean> {
    if (kind !== "index") {
      const needed = blobs.filter(({ mediaType }) => !isForeignLayer(mediaType));
      return await this.#hasAll([...new Set(needed.map(({ digest }) => digest))]);
    }
    if (children.length === 0) return true;
    for (const { digest, platform } of children) {
      if (platform?.os === "unknown") continue; // an attestation, which nobody can run
      if (this.#seen.has(digest) || this.#seen.size >= MOST_CHILDREN) continue;
      this.#seen.add(digest);
      if (await this.#hasChild(digest)) return true;
    }
    return false;
  }

  async #hasChild(digest: Digest): Promise<boolean> {
    const child = await orUndefined(this.local.manifests.get({ kind: "digest", digest }));
    const read = child && readManifest(child.bytes);
    return read !== undefined && await this.isComplete(read);
  }

  async #hasAll(digests: readonly Digest[]): Promise<boolean> {
    const found = await inTurns(
      digests,
      PARALLEL,
      (digest) => orUndefined(this.local.blobs.stat(digest)),
    );
    return !found.includes(undefined);
  }
}
