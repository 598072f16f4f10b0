import { LRUCache } from "lru-cache";
import { countBounded } from "../async/count_bounded.ts";
import type { Digest } from "../oci/digest.ts";
import { readManifest } from "../oci/manifest.ts";
import type { RepositoryName } from "../oci/reference.ts";
import type { StoredManifest } from "../registry/registry.ts";

const BLOBS = 20_000;
const MANIFESTS = 5_000;

/** Sizes of blobs as the manifests name them that clients of this process were given: what a fill may rely on from its start. */
export class KnownSizes {
  readonly #sizes = new LRUCache<string, number>(countBounded(BLOBS));
  readonly #read = new LRUCache<string, true>(countBounded(MANIFESTS));

  get(repository: RepositoryName, digest: Digest): number | undefined {
    return this.#sizes.get(`${repository}@${digest}`);
  }

  /** Reads each manifest once. */
  learn(repository: RepositoryName, { digest, bytes }: StoredManifest): void {
    const key = `${repository}@${digest}`;
    if (this.#read.get(key)) return;
    this.#read.set(key, true);
    for (const blob of readManifest(bytes)?.blobs ?? []) {
      // lru-cache takes no undefined; a size of 0 is one
      if (blob.size !== undefined) this.#sizes.set(`${repository}@${blob.digest}`, blob.size);
    }
  }
}
