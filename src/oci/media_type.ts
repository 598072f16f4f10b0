/** Media types of manifests, and what a registry must know of each (OCI image-spec media-types.md; docker image manifest v2.2). */

export const OCI_IMAGE = "application/vnd.oci.image.manifest.v1+json";
export const OCI_INDEX = "application/vnd.oci.image.index.v1+json";
/** Of OCI 1.1's release candidates; oras and cosign wrote it for a while. */
export const OCI_ARTIFACT = "application/vnd.oci.artifact.manifest.v1+json";
export const DOCKER_IMAGE = "application/vnd.docker.distribution.manifest.v2+json";
export const DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json";
/** No longer accepted, still served where a tree of registry:2 holds it. */
export const DOCKER_SCHEMA1 = "application/vnd.docker.distribution.manifest.v1+prettyjws";

export type ManifestKind = "image" | "index" | "artifact";

const KINDS: ReadonlyMap<string, ManifestKind> = new Map([
  [OCI_IMAGE, "image"],
  [OCI_INDEX, "index"],
  [OCI_ARTIFACT, "artifact"],
  [DOCKER_IMAGE, "image"],
  [DOCKER_LIST, "index"],
]);

/** What a manifest of this type is; undefined for a type that cannot be pushed. */
export function manifestKind(mediaType: string): ManifestKind | undefined {
  return KINDS.get(mediaType);
}

/** Docker's types must be repeated in the body, OCI's may be. */
export function needsMediaTypeField(mediaType: string): boolean {
  return mediaType === DOCKER_IMAGE || mediaType === DOCKER_LIST || mediaType === OCI_ARTIFACT;
}

/** Layers that clients fetch from their `urls` and need not push. */
const FOREIGN: ReadonlySet<string> = new Set([
  "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
  "application/vnd.oci.image.layer.nondistributable.v1.tar",
  "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
  "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
]);

export function isForeignLayer(mediaType: string): boolean {
  return FOREIGN.has(mediaType);
}

/** The type alone: no parameters, lower case. */
export function baseMediaType(contentType: string): string {
  const semicolon = contentType.indexOf(";");
  return (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase();
}
