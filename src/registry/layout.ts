import { algorithmOf, CANONICAL, type Digest, hexOf } from "../oci/digest.ts";
import type { RepositoryName, Tag } from "../oci/reference.ts";

/**
 * Every path of the tree. It is distribution's (registry/storage/paths.go), byte for byte; what berth adds is marked with * and
 * sits where registry:2 and registry:3 look away: they skip names that begin with "_" in a repository and know nothing beside
 * `blobs` and `repositories`.
 *
 *     /docker/registry/v2
 *     ├── blobs/sha256/<first 2 hex>/<hex>/data                  every blob and manifest, once
 *     ├── repositories/<name>
 *     │   ├── _layers/<alg>/<hex>/link                           this repository may see the blob
 *     │   ├── _manifests
 *     │   │   ├── revisions/<alg>/<hex>/link                     … and the manifest
 *     │   │   └── tags/<tag>
 *     │   │       ├── current/link
 *     │   │       └── index/<alg>/<hex>/link                     every manifest the tag ever had
 *     │   ├── _mediatypes/<alg>/<hex>                            * of a cached manifest that doesn't tell its media type
 *     │   ├── _referrers/<subject alg>/<subject hex>/<alg>-<hex> * a referrer's descriptor, as JSON
 *     │   ├── _referrers/built                                   * the index holds what was there before berth
 *     │   ├── _origin/{pushed,fetched}                           * where a repository below an upstream's names came from
 *     │   └── _uploads/<uuid>/{data,startedat}
 *     └── _trash/<generation>/<path below v2>                    * what a garbage collector has hidden (gc_protocol.md)
 *
 * A link holds a digest and no newline. It names the sha256 under which the data lies, whatever algorithm the link's own name has; the
 * link of a tag holds the name that the manifest was pushed under.
 */
export const ROOT = "/docker/registry/v2";
export const BLOBS = `${ROOT}/blobs/${CANONICAL}`;
export const REPOSITORIES = `${ROOT}/repositories`;
export const TRASH = `${ROOT}/_trash`;

/** @param digest a canonical one: only sha256 data exists */
export function blobPath(digest: Digest): string {
  const hex = hexOf(digest);
  return `${BLOBS}/${hex.slice(0, 2)}/${hex}/data`;
}

export function repositoryPath(name: RepositoryName): string {
  return `${REPOSITORIES}/${name}`;
}

export function layersPath(name: RepositoryName, algorithm: string): string {
  return `${REPOSITORIES}/${name}/_layers/${algorithm}`;
}

export function layerLinkPath(name: RepositoryName, digest: Digest): string {
  return `${layersPath(name, algorithmOf(digest))}/${hexOf(digest)}/link`;
}

export function manifestsPath(name: RepositoryName): string {
  return `${REPOSITORIES}/${name}/_manifests`;
}

export function revisionsPath(name: RepositoryName, algorithm: string): string {
  return `${REPOSITORIES}/${name}/_manifests/revisions/${algorithm}`;
}

export function revisionLinkPath(name: RepositoryName, digest: Digest): string {
  return `${revisionsPath(name, algorithmOf(digest))}/${hexOf(digest)}/link`;
}

export function tagsPath(name: RepositoryName): string {
  return `${REPOSITORIES}/${name}/_manifests/tags`;
}

export function tagPath(name: RepositoryName, tag: Tag): string {
  return `${REPOSITORIES}/${name}/_manifests/tags/${tag}`;
}

export function tagLinkPath(name: RepositoryName, tag: Tag): string {
  return `${tagPath(name, tag)}/current/link`;
}

export function tagIndexLinkPath(name: RepositoryName, tag: Tag, digest: Digest): string {
  return `${tagPath(name, tag)}/index/${algorithmOf(digest)}/${hexOf(digest)}/link`;
}

export function mediaTypePath(name: RepositoryName, digest: Digest): string {
  return `${REPOSITORIES}/${name}/_mediatypes/${algorithmOf(digest)}/${hexOf(digest)}`;
}

export function uploadPath(name: RepositoryName, id: string): string {
  return `${REPOSITORIES}/${name}/_uploads/${id}`;
}

export function uploadDataPath(name: RepositoryName, id: string): string {
  return `${uploadPath(name, id)}/data`;
}

export function uploadStartPath(name: RepositoryName, id: string): string {
  return `${uploadPath(name, id)}/startedat`;
}

export function referrersPath(name: RepositoryName, subject: Digest): string {
  return `${REPOSITORIES}/${name}/_referrers/${algorithmOf(subject)}/${hexOf(subject)}`;
}

export function referrerPath(name: RepositoryName, subject: Digest, referrer: Digest): string {
  return `${referrersPath(name, subject)}/${algorithmOf(referrer)}-${hexOf(referrer)}`;
}

export function referrersBuiltPath(name: RepositoryName): string {
  return `${REPOSITORIES}/${name}/_referrers/built`;
}

/** A folder with a file in it: a file whose name begins with "_" would end registry:2's walk of the repositories beside it. */
export function originPath(name: RepositoryName, origin: "pushed" | "fetched"): string {
  return `${REPOSITORIES}/${name}/_origin/${origin}`;
}

/** Where a path of the tree lies once a collector has hidden it in this generation. */
export function hiddenPath(generation: string, path: string): string {
  return `${TRASH}/${generation}${path.slice(ROOT.length)}`;
}
