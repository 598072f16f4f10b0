import { algorithmOf, asDigest, CANONICAL, type Digest, digestOf } from "../oci/digest.ts";
import {
  baseMediaType,
  DOCKER_SCHEMA1,
  manifestKind,
  OCI_IMAGE,
  OCI_INDEX,
} from "../oci/media_type.ts";
import type { Reference } from "../oci/reference.ts";
import { type JsonObject, parseObject } from "./json_document.ts";
import type { FetchedManifest } from "./upstream.ts";

const SCHEMA1 = [DOCKER_SCHEMA1, "application/vnd.docker.distribution.manifest.v1+json"];
const MEDIA_TYPE = /^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}$/;
/** What servers call bytes of which they know nothing. */
const VAGUE = ["", "application/octet-stream", "application/json", "text/plain"];

/**
 * Compares a manifest with everything that is said of it.
 * @returns why it must not be believed, as the end of a sentence, when that is so
 */
export async function checkManifest(
  reference: Reference,
  headers: Headers,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<FetchedManifest | string> {
  const type = baseMediaType(headers.get("content-type") ?? "");
  if (SCHEMA1.includes(type)) return "a manifest of schema 1, which is no longer supported";
  const digest = await verifiedDigest(reference, headers.get("docker-content-digest"), bytes);
  if (typeof digest !== "object") return digest;
  const document = parseObject(bytes);
  if (document === undefined) return "a manifest that is no JSON object";
  const mediaType = VAGUE.includes(type) ? typeByDocument(document) : type;
  const problem = typeProblem(document, mediaType);
  return problem ?? { digest: digest.digest, mediaType, bytes };
}

/** A Docker-Content-Digest; undefined when there is none, or of an algorithm that is not known here. `false`: it is no digest. */
export function announcedDigest(header: string | null): Digest | undefined | false {
  if (header === null) return undefined;
  const digest = asDigest(header);
  if (digest !== undefined) return digest;
  const known = /^(?:sha256|sha384|sha512):/.test(header);
  return !known && /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[A-Za-z0-9=_-]+$/.test(header) && undefined;
}

async function verifiedDigest(
  reference: Reference,
  header: string | null,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<{ digest: Digest } | string> {
  const announced = announcedDigest(header);
  if (announced === false) return "a manifest whose Docker-Content-Digest is no digest";
  const asked = reference.kind === "digest" ? reference.digest : undefined;
  for (const expected of [asked, announced]) {
    if (expected === undefined) continue;
    const actual = await digestOf(algorithmOf(expected), bytes);
    if (actual !== expected) return `a manifest of digest ${actual} as ${expected}`;
  }
  return { digest: asked ?? announced ?? await digestOf(CANONICAL, bytes) };
}

function typeByDocument(document: JsonObject): string {
  const { mediaType } = document;
  if (typeof mediaType === "string" && mediaType !== "") return mediaType;
  return Array.isArray(document.manifests) ? OCI_INDEX : OCI_IMAGE;
}

/** Two things at once would let two clients see two images (CVE-2021-41190). */
function typeProblem(document: JsonObject, type: string): string | undefined {
  if (!MEDIA_TYPE.test(type)) return "a manifest whose media type is none";
  const own = document.mediaType ?? "";
  if (own !== "" && own !== type) {
    return `a manifest as ${type} which says of itself that it is another`;
  }
  const has = (field: string) => document[field] !== undefined && document[field] !== null;
  const isIndex = has("manifests");
  const isImage = has("config") || has("layers");
  const kind = manifestKind(type);
  if (isIndex && isImage) return "a manifest that is an index and an image at once";
  if ((kind === "index" && isImage) || (kind === "image" && isIndex)) {
    return `a manifest as ${type} which is none by its fields`;
  }
  return undefined;
}
