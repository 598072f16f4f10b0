import { ifNoneMatchNames } from "../http/conditional.ts";
import type { Exchange, ReplyHeaders } from "../http/exchange.ts";
import type { Digest } from "../oci/digest.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { RegistryError } from "../oci/error.ts";
import { readManifest } from "../oci/manifest.ts";
import { DOCKER_LIST } from "../oci/media_type.ts";
import type { Reference } from "../oci/reference.ts";
import type { ManifestService, StoredManifest } from "../registry/registry.ts";
import { wantsSingleImage } from "./accept.ts";
import type { ApiOptions } from "./options.ts";
import type { RouteOf } from "./route.ts";
import { warningHeader } from "./warning.ts";

type ManifestRoute = RouteOf<"manifest">;

/**
 * OCI distribution-spec, Pulling manifests: the stored bytes under the stored type, whatever Accept says. distribution answers 404
 * or 400 when Accept doesn't name the type (and knows neither wildcards nor q); curl, browsers and half the tools then see "manifest
 * unknown" for an image that is there, and no client was ever helped by it.
 */
export async function getManifest(
  api: ApiOptions,
  exchange: Exchange,
  { name, reference }: ManifestRoute,
): Promise<void> {
  const { manifests } = api.registry.repository(name);
  const stored = await manifests.get(reference);
  const chosen = needsChild(exchange, reference, stored.mediaType)
    ? await childOf(manifests, stored) ?? stored
    : stored;
  const { digest, mediaType, bytes } = chosen;
  const { warning } = stored;
  if (isUnchanged(exchange, digest)) return await answerUnchanged(exchange, digest, warning);
  const headers = manifestHeaders(digest, mediaType, bytes.byteLength, warning);
  await exchange.reply(200, headers, bytes);
}

/** As getManifest, from what is known of the manifest without its bytes. */
export async function headManifest(
  api: ApiOptions,
  exchange: Exchange,
  { name, reference }: ManifestRoute,
): Promise<void> {
  const { manifests } = api.registry.repository(name);
  const known = await manifests.stat(reference);
  const chosen = needsChild(exchange, reference, known.mediaType)
    ? await describeChild(manifests, reference) ?? known
    : known;
  const { digest, mediaType, size } = chosen;
  const { warning } = known;
  if (isUnchanged(exchange, digest)) return await answerUnchanged(exchange, digest, warning);
  await exchange.reply(200, manifestHeaders(digest, mediaType, size, warning));
}

/** By digest the manifest with all its tags, by tag the tag alone (v3; v2.8 refuses a tag). */
export async function deleteManifest(
  api: ApiOptions,
  exchange: Exchange,
  { name, reference }: ManifestRoute,
): Promise<void> {
  await api.registry.repository(name).manifests.delete(reference);
  await exchange.reply(202, { "Content-Length": 0 });
}

function manifestHeaders(
  digest: Digest,
  mediaType: string,
  size: number,
  warning: string | undefined,
): ReplyHeaders {
  return {
    ...warningHeader(warning),
    "Content-Type": mediaType,
    "Content-Length": size,
    "Docker-Content-Digest": digest,
    Etag: `"${digest}"`,
  };
}

function isUnchanged(exchange: Exchange, digest: Digest): boolean {
  const header = exchange.header("if-none-match");
  // distribution takes the digest without quotes too.
  return header !== undefined && ifNoneMatchNames(header, `"${digest}"`, { bare: true });
}

/** distribution sends neither of these headers; RFC 9110 section 15.4.5 wants the ETag, and clients look for the digest. */
function answerUnchanged(
  exchange: Exchange,
  digest: Digest,
  warning: string | undefined,
): Promise<void> {
  const headers = { "Docker-Content-Digest": digest, Etag: `"${digest}"` };
  return exchange.reply(304, { ...headers, ...warningHeader(warning) });
}

/**
 * The one answer that depends on Accept, kept from distribution: a client too old for lists that asks for a docker list by tag gets
 * its linux/amd64 image. Without such an image it gets the list (distribution: 404), which it will refuse with a reason of its own.
 */
function needsChild(exchange: Exchange, reference: Reference, mediaType: string): boolean {
  return mediaType === DOCKER_LIST && reference.kind === "tag" &&
    wantsSingleImage(exchange.header("accept"));
}

async function childOf(
  manifests: ManifestService,
  list: StoredManifest,
): Promise<StoredManifest | undefined> {
  const child = readManifest(list.bytes)?.children.find(({ platform }) =>
    platform?.os === "linux" && platform.architecture === "amd64"
  );
  if (child === undefined) return undefined;
  try {
    return await manifests.get({ kind: "digest", digest: child.digest });
  } catch (error) {
    if (error instanceof RegistryError && error.code === "MANIFEST_UNKNOWN") return undefined;
    throw error;
  }
}

async function describeChild(
  manifests: ManifestService,
  reference: Reference,
): Promise<Descriptor | undefined> {
  const child = await childOf(manifests, await manifests.get(reference));
  if (child === undefined) return undefined;
  return { digest: child.digest, mediaType: child.mediaType, size: child.bytes.byteLength };
}
