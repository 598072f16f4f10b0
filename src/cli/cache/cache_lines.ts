import type { Digest } from "../../oci/digest.ts";
import type { RepositoryName, Tag } from "../../oci/reference.ts";
import type { CachedRepository } from "./cached_repository.ts";
import { closureOf } from "./cached_repository.ts";
import type { OpenCache } from "./open_cache.ts";

/** One line of `cache ls`. */
export interface CacheLine {
  readonly repository: RepositoryName;
  /** Undefined: no tag points at it. */
  readonly tag: Tag | undefined;
  readonly digest: Digest;
  /** A blob that no manifest names. */
  readonly isBlob: boolean;
  /** Of all that it consists of and that is here, each once. */
  readonly bytes: number;
  /** In milliseconds since 1970; undefined when it belongs to several images. */
  readonly lastUse: number | undefined;
  /** When the tag was last known to be true; in milliseconds since 1970. */
  readonly checked: number | undefined;
}

/** A line for each tag, then for each image without one. */
export async function linesOf(
  cache: OpenCache,
  { name, images, tags, shared }: CachedRepository,
): Promise<CacheLine[]> {
  const sizes = new Map<Digest, number>();
  const bytesOf = async (digest: Digest) => {
    const known = sizes.get(digest);
    if (known !== undefined) return known;
    const image = images.find(({ manifests }) => manifests[0] === digest);
    const data = image !== undefined && shared.length === 0
      ? image.data
      : [...new Set([...image?.data ?? [], ...await closureOf(cache, name, digest)])];
    const bytes = sum(await cache.contents.sizes(data));
    sizes.set(digest, bytes);
    return bytes;
  };
  const lines: CacheLine[] = [];
  for (const { tag, digest, checked } of tags) {
    const lastUse = images.find(({ manifests }) => manifests.includes(digest))?.lastUse;
    const bytes = await bytesOf(digest);
    lines.push({ repository: name, tag, digest, isBlob: false, bytes, lastUse, checked });
  }
  const tagged = new Set(tags.map(({ digest }) => digest));
  for (const { manifests: [root], names, data, lastUse } of images) {
    const digest = root ?? names[0];
    if (digest === undefined || tagged.has(digest)) continue;
    const isBlob = root === undefined;
    const bytes = isBlob ? sum(await cache.contents.sizes(data)) : await bytesOf(digest);
    const line = { repository: name, digest, isBlob, bytes, lastUse };
    lines.push({ ...line, tag: undefined, checked: undefined });
  }
  return lines;
}

export function sum(sizes: readonly (number | undefined)[]): number {
  return sizes.reduce<number>((all, size) => all + (size ?? 0), 0);
}
