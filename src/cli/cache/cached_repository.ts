import type { Image } from "../../gc/repository_images.ts";
import type { Digest } from "../../oci/digest.ts";
import type { RepositoryName, Tag } from "../../oci/reference.ts";
import { layerLinkPath, revisionLinkPath } from "../../registry/layout.ts";
import type { OpenCache } from "./open_cache.ts";

/** A tag of the cache. */
export interface CachedTag {
  readonly tag: Tag;
  /** What it points at, by its canonical name. */
  readonly digest: Digest;
  /** When that was last known to be true, in milliseconds since 1970. */
  readonly checked: number;
}

/** What the cache holds of a repository. */
export interface CachedRepository {
  readonly name: RepositoryName;
  /** With blobs that no manifest names, which have no manifests. */
  readonly images: readonly Image[];
  readonly tags: readonly CachedTag[];
  /** Data of manifests that belong to several images. */
  readonly shared: readonly Digest[];
}

/** In the order of their names. @param onUnreadable told of each that cannot be read, which is left out */
export async function* cachedRepositories(
  cache: OpenCache,
  onUnreadable: (name: RepositoryName, error: unknown) => void,
  matters: (name: RepositoryName) => boolean = () => true,
): AsyncGenerator<CachedRepository> {
  const { signal } = new AbortController();
  const names = await Array.fromAsync(cache.contents.repositories(signal));
  for (const name of names.filter(matters).sort()) {
    try {
      const { images, shared } = await cache.contents.images(name, signal);
      const tags = await tagsOf(cache, name);
      if (images.length + tags.length > 0) yield { name, images, shared, tags };
    } catch (error) {
      onUnreadable(name, error);
    }
  }
}

async function tagsOf({ registry, tree }: OpenCache, name: RepositoryName): Promise<CachedTag[]> {
  const { tags } = registry.repository(name);
  const listed = await tags.list({ limit: undefined, last: "" }).catch(() => ({ entries: [] }));
  const found: CachedTag[] = [];
  for (const tag of listed.entries) {
    const kept = await registry.cache.tag(name, tag);
    const digest = kept && await tree.content(revisionLinkPath(name, kept.digest));
    if (kept !== undefined && digest !== undefined) {
      found.push({ tag, digest, checked: kept.checkedAt });
    }
  }
  return found;
}

/** The data of a manifest and of all that it names here, each once. */
export async function closureOf(
  { tree }: OpenCache,
  repository: RepositoryName,
  digest: Digest,
): Promise<Set<Digest>> {
  const data = new Set<Digest>([digest]);
  const waiting = [digest];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const manifest = await tree.manifest(repository, at);
    for (const name of manifest?.names ?? []) {
      const canonical = name.startsWith("sha256:")
        ? name
        : await tree.content(layerLinkPath(repository, name)) ??
          await tree.content(revisionLinkPath(repository, name));
      if (canonical === undefined || data.has(canonical)) continue;
      data.add(canonical);
      const isManifest = await tree.stat(revisionLinkPath(repository, canonical)) !== undefined;
      if (isManifest) waiting.push(canonical);
    }
  }
  return data;
}
