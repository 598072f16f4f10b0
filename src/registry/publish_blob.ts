import type { Digest } from "../oci/digest.ts";
import type { RepositoryName } from "../oci/reference.ts";
import type { BlobData } from "./blob_data.ts";
import { layerLinkPath } from "./layout.ts";
import type { Links } from "./links.ts";

/** A file that was hashed and synced, and what it is to be. */
export interface FinishedBlob {
  readonly path: string;
  readonly repository: RepositoryName;
  /** What the repository knows it by, beside the canonical one. */
  readonly named: Digest;
  readonly canonical: Digest;
  /** In bytes. */
  readonly size: number;
}

/**
 * Makes the file a blob of the repository, in the order of gc_protocol.md, "upload commit": data, link, and then a second look at
 * the data, which a collector may have hidden before it could see the link. What lies under that name already is replaced: a broken
 * copy is mended so.
 * @returns false when the data is gone all the same
 */
export async function publishBlob(
  data: BlobData,
  links: Links,
  { path, repository, named, canonical, size }: FinishedBlob,
): Promise<boolean> {
  await data.adopt(path, canonical, size);
  const names = new Set([canonical, named]);
  await Promise.all(
    [...names].map((name) => links.put(layerLinkPath(repository, name), canonical)),
  );
  return await data.find(canonical) !== undefined;
}
