import type { Clock } from "../async/clock.ts";
import type { Digest } from "../oci/digest.ts";
import type { RepositoryName } from "../oci/reference.ts";
import { blobPath, layerLinkPath, revisionLinkPath } from "../registry/layout.ts";
import { Trash } from "../registry/trash.ts";
import type { StorageDriver } from "../storage/driver.ts";
import { type Image, type Images, imagesOf, type KnownUse } from "./repository_images.ts";
import { collect, finishGenerations } from "./round.ts";
import { type Named, only } from "./scope.ts";
import { Tree } from "./tree.ts";
import { Turns } from "./turns.ts";

/** Paths asked for in one trip to the store. */
const BATCH = 256;

export interface FetchedContentsOptions {
  readonly driver: StorageDriver;
  readonly clock: Clock;
  /** Whether all that the repository holds can be fetched again. */
  readonly isFetched: (repository: RepositoryName) => Promise<boolean>;
  /** Unlinks a manifest with its tags and its entry as a referrer; one that is not there is no error. */
  readonly unlink: (repository: RepositoryName, digest: Digest) => Promise<void>;
  /** How long what was evicted is kept in the trash, in milliseconds: 0, but on a file system that shows old looks. */
  readonly keep: number;
  readonly knownUse?: KnownUse;
}

/** What was fetched into the tree: implements the proxy's CacheContents. */
export class FetchedContents {
  constructor(private readonly options: FetchedContentsOptions) {}

  async *repositories(signal: AbortSignal): AsyncGenerator<RepositoryName> {
    for await (const name of this.#tree(signal).repositories()) {
      if (await this.options.isFetched(name)) yield name;
    }
  }

  images(
    repository: RepositoryName,
    signal: AbortSignal,
    usedBefore?: number,
  ): Promise<Images> {
    return imagesOf(
      this.#tree(signal),
      repository,
      this.options.knownUse ?? (() => undefined),
      usedBefore,
    );
  }

  /** Data that other repositories hold. */
  async kept(signal: AbortSignal): Promise<Set<Digest>> {
    const tree = this.#tree(signal);
    const kept = new Set<Digest>();
    for await (const name of tree.repositories()) {
      if (await this.options.isFetched(name)) continue;
      for await (const { canonical } of tree.layers(name)) kept.add(canonical);
      for await (const { canonical } of tree.revisions(name)) kept.add(canonical);
    }
    return kept;
  }

  async sizes(data: readonly Digest[]): Promise<readonly (number | undefined)[]> {
    const tree = this.#tree();
    const sizes: (number | undefined)[] = [];
    for (let i = 0; i < data.length; i += BATCH) {
      sizes.push(...await tree.sizes(data.slice(i, i + BATCH).map(blobPath)));
    }
    return sizes;
  }

  /** The manifests first, so that none is left that names what is gone; then one round over what they named (gc_protocol.md). */
  async forget(
    images: readonly Image[],
    signal: AbortSignal,
  ): Promise<{ images: number; bytes: number }> {
    const tree = this.#tree(signal);
    const named: Named[] = [];
    let count = 0;
    for (const image of images) {
      await tree.turns.pause();
      if (await this.#wasUsedSince(tree, image)) continue;
      count++;
      for (const digest of image.names) {
        const { repository } = image;
        const canonical = digest.startsWith("sha256:")
          ? digest
          : await tree.find(layerLinkPath(repository, digest));
        if (canonical !== undefined) named.push({ repository, digest, canonical });
      }
      for (const digest of image.manifests) await this.options.unlink(image.repository, digest);
    }
    if (named.length === 0) return { images: count, bytes: 0 };
    const { driver, clock, keep } = this.options;
    const options = { driver, clock, keep, signal, grace: 0 };
    await finishGenerations(options);
    const { bytes } = await collect({ ...options, scope: only(named) });
    return { images: count, bytes };
  }

  /** Something may have asked for it since it was judged. */
  async #wasUsedSince(tree: Tree, { repository, manifests, names, lastUse }: Image) {
    const paths = manifests.length > 0
      ? manifests.map((digest) => revisionLinkPath(repository, digest))
      : names.map((digest) => layerLinkPath(repository, digest));
    for (const path of paths) {
      const info = await tree.stat(path);
      if (info !== undefined && info.modified.getTime() > lastUse) return true;
    }
    return false;
  }

  #tree(signal?: AbortSignal): Tree {
    const { driver } = this.options;
    return new Tree(driver, new Trash(driver), new Turns(signal));
  }
}
