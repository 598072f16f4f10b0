import { createHash } from "node:crypto";
import { sha256 } from "../../support/images.ts";

/** What the golden exchanges push and pull, by the names of reference/http.md. */

export const OCI = "application/vnd.oci.image.manifest.v1+json";
export const OCI_INDEX = "application/vnd.oci.image.index.v1+json";
export const DM = "application/vnd.docker.distribution.manifest.v2+json";
export const DL = "application/vnd.docker.distribution.manifest.list.v2+json";
/** `^` of reference/http.md. */
export const OCTETS = { "Content-Type": "application/octet-stream" } as const;

export function digestOf(text: string): string {
  return sha256(new TextEncoder().encode(text));
}

function sha512(text: string): string {
  return `sha512:${createHash("sha512").update(text).digest("hex")}`;
}

export const BLOB = "hello";
export const CONFIG = "{}";
/** Digests of the two. */
export const $B = digestOf(BLOB);
export const $C = digestOf(CONFIG);
export const $C512 = sha512(CONFIG);

export const IMAGE = JSON.stringify({
  schemaVersion: 2,
  mediaType: OCI,
  config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: $C, size: 2 },
  layers: [],
});
export const $M = digestOf(IMAGE);
export const $M512 = sha512(IMAGE);

export const DOCKER_IMAGE = JSON.stringify({
  schemaVersion: 2,
  mediaType: DM,
  config: { mediaType: "application/vnd.docker.container.image.v1+json", digest: $C, size: 2 },
  layers: [],
});
export const $D = digestOf(DOCKER_IMAGE);

export const DOCKER_LIST = JSON.stringify({
  schemaVersion: 2,
  mediaType: DL,
  manifests: [{
    mediaType: DM,
    digest: $D,
    size: DOCKER_IMAGE.length,
    platform: { architecture: "amd64", os: "linux" },
  }],
});
export const $L = digestOf(DOCKER_LIST);

export const INDEX = JSON.stringify({
  schemaVersion: 2,
  mediaType: OCI_INDEX,
  manifests: [{ mediaType: OCI, digest: $M, size: IMAGE.length }],
});
export const $I = digestOf(INDEX);
