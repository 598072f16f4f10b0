import { asDigest, CANONICAL, type Digest, type DigestAlgorithm } from "../oci/digest.ts";
import { asRepositoryName, type RepositoryName } from "../oci/reference.ts";
import { blobPath, layerLinkPath, revisionLinkPath } from "../registry/layout.ts";

export const ALGORITHMS: readonly DigestAlgorithm[] = [CANONICAL, "sha384", "sha512"];

/** What a collector hides, as gc_protocol.md calls it: B blob data, L layer link, R revision link. */
export type Item = BlobItem | LinkItem;

export interface BlobItem {
  readonly kind: "blob";
  /** A canonical one. */
  readonly digest: Digest;
}

export interface LinkItem {
  readonly kind: "layer" | "revision";
  readonly repository: RepositoryName;
  /** The name of the link. */
  readonly digest: Digest;
  /** What it leads to. */
  readonly canonical: Digest;
}

/** Where its file lies when it is in place. */
export function pathOf(item: Item): string {
  if (item.kind === "blob") return blobPath(item.digest);
  return item.kind === "layer"
    ? layerLinkPath(item.repository, item.digest)
    : revisionLinkPath(item.repository, item.digest);
}

/** The folder that holds nothing but this item: hidden as one, so that no empty folders pile up. */
export function folderOf(item: Item): string {
  const path = pathOf(item);
  return path.slice(0, path.lastIndexOf("/"));
}

const BLOB = /^\/blobs\/sha256\/[0-9a-f]{2}\/([0-9a-f]{64})\/data$/;
const LINK =
  /^\/repositories\/(.+)\/(_layers|_manifests\/revisions)\/([a-z0-9]+)\/([0-9a-f]+)\/link$/;

/** The item of a path below the root of the tree; undefined when it is none. @param canonical of a link with another algorithm */
export function itemAt(path: string, canonical?: Digest): Item | undefined {
  const blob = asDigest(`${CANONICAL}:${BLOB.exec(path)?.[1]}`);
  if (blob !== undefined) return { kind: "blob", digest: blob };
  const [, name = "", folder, algorithm, hex] = LINK.exec(path) ?? [];
  const repository = asRepositoryName(name);
  const digest = asDigest(`${algorithm}:${hex}`);
  if (repository === undefined || digest === undefined) return undefined;
  const kind = folder === "_layers" ? "layer" : "revision";
  return { kind, repository, digest, canonical: canonical ?? digest };
}
