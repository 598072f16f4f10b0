import { algorithmOf, CANONICAL, type Digest } from "../oci/digest.ts";
import type { StorageDriver } from "../storage/driver.ts";
import { blobPath } from "./layout.ts";
import { present } from "./trash.ts";

/** Bytes of a link: a canonical digest. A link of another size is what a crashed registry:2 leaves, and as good as none. */
const LINK_SIZE = `${CANONICAL}:`.length + 64;

/**
 * Which of these contents are in place, link and data, with the size of the data: one trip to the store for all. What isn't in the
 * answer may still be in the trash or linked under another algorithm; a look at it alone will tell.
 * @param link path of the link by digest
 */
export async function inPlace(
  driver: StorageDriver,
  digests: readonly Digest[],
  link: (digest: Digest) => string,
): Promise<Map<Digest, number>> {
  const canonical = digests.filter((digest) => algorithmOf(digest) === CANONICAL);
  const paths = canonical.flatMap((digest) => [link(digest), blobPath(digest)]);
  const sizes = await sizesOf(driver, paths);
  const found = new Map<Digest, number>();
  for (const [index, digest] of canonical.entries()) {
    const size = sizes[2 * index + 1];
    if (sizes[2 * index] === LINK_SIZE && size !== undefined) found.set(digest, size);
  }
  return found;
}

async function sizesOf(
  driver: StorageDriver,
  paths: readonly string[],
): Promise<readonly (number | undefined)[]> {
  if (driver.sizes) return await driver.sizes(paths);
  const infos = await Promise.all(paths.map((path) => present(() => driver.stat(path))));
  return infos.map((info) => info?.size);
}
