import type { Image } from "../../gc/repository_images.ts";
import type { Digest } from "../../oci/digest.ts";
import type { RepositoryName, Tag } from "../../oci/reference.ts";
import type { CachedRepository } from "./cached_repository.ts";
import type { ImagePattern } from "./pattern.ts";

/** What `cache rm` takes of a repository. */
export interface Selection {
  readonly repository: RepositoryName;
  readonly images: readonly Image[];
  /** That go without their image: another tag still leads to it, or it is a part of another one. */
  readonly tags: readonly Tag[];
  /** `repository:tag` or `repository@digest`, of all that goes. */
  readonly names: readonly string[];
  readonly patterns: ReadonlySet<ImagePattern>;
}

/** An image whose last tag goes, goes as a whole. */
export function selectFrom(
  { name, images, tags }: CachedRepository,
  all: readonly ImagePattern[],
): Selection {
  const patterns = new Set<ImagePattern>();
  const mine = all.filter((pattern) => pattern.concerns(name));
  const takes = (test: (pattern: ImagePattern) => boolean) => {
    const found = mine.filter(test);
    found.forEach((pattern) => patterns.add(pattern));
    return found.length > 0;
  };
  const gone = new Set(
    tags.filter(({ tag }) => takes((pattern) => pattern.takesTag(tag))).map(({ tag }) => tag),
  );
  const going = images.filter((image) => {
    const root = rootOf(image);
    if (root === undefined) return false;
    if (takes((pattern) => pattern.takesDigest(root))) return true;
    const own = tags.filter(({ digest }) => image.manifests.includes(digest));
    return own.some(({ digest, tag }) => digest === root && gone.has(tag)) &&
      own.every(({ tag }) => gone.has(tag));
  });
  const covered = new Set(going.flatMap(({ manifests }) => manifests));
  const ofImages = tags.filter(({ digest }) => covered.has(digest));
  const alone = tags.filter(({ tag, digest }) => gone.has(tag) && !covered.has(digest));
  const named = new Set(ofImages.map(({ digest }) => digest));
  return {
    repository: name,
    images: going,
    tags: alone.map(({ tag }) => tag),
    names: [
      ...[...ofImages, ...alone].map(({ tag }) => `${name}:${tag}`),
      ...going.flatMap((image) => rootOf(image) ?? []).filter((root) => !named.has(root))
        .map((root) => `${name}@${root}`),
    ],
    patterns,
  };
}

function rootOf({ manifests, names }: Image): Digest | undefined {
  return manifests[0] ?? names[0];
}
