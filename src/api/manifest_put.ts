import type { Exchange } from "../http/exchange.ts";
import { RegistryError } from "../oci/error.ts";
import { asTag, type Tag } from "../oci/reference.ts";
import type { ManifestPush, PutResult } from "../registry/registry.ts";
import type { ApiOptions } from "./options.ts";
import { queryValues } from "./query.ts";
import type { RouteOf } from "./route.ts";

/** In bytes; distribution's maxManifestBodySize. It is also what the OCI spec asks for at least. */
export const MAX_MANIFEST_SIZE = 4 * 1024 * 1024;

/** The OCI spec asks for ten at least. */
export const MAX_TAG_PARAMETERS = 50;

/** OCI distribution-spec, Pushing Manifests. 201, or 413, 414 and what ManifestService.put throws. */
export async function putManifest(
  api: ApiOptions,
  exchange: Exchange,
  route: RouteOf<"manifest">,
): Promise<void> {
  const { name, reference } = route;
  const tags = reference.kind === "tag" ? [reference.tag] : tagParameters(route.query);
  const push: ManifestPush = {
    bytes: await readManifest(exchange),
    contentType: exchange.header("content-type"),
    tags,
    ...(reference.kind === "digest" ? { digest: reference.digest } : {}),
  };
  const result = await api.registry.repository(name).manifests.put(push);
  const accepted = reference.kind === "digest" ? tags : [];
  const location = api.location(exchange, `/v2/${name}/manifests/${result.digest}`);
  await exchange.reply(201, createdHeaders(location, result, accepted));
}

function createdHeaders(location: string, { digest, subject }: PutResult, tags: readonly Tag[]) {
  return {
    Location: location,
    "Docker-Content-Digest": digest,
    "Content-Length": 0,
    ...(subject === undefined ? {} : { "OCI-Subject": subject }),
    ...(tags.length === 0 ? {} : { "OCI-Tag": tags }),
  };
}

/** The `tag` parameters of a push by digest; a push by tag has none. */
function tagParameters(query: string): readonly Tag[] {
  const values = new Set(queryValues(query, "tag"));
  if (values.size > MAX_TAG_PARAMETERS) {
    throw new RegistryError("TAG_INVALID", {
      status: 414,
      message: "too many tags",
      detail:
        `Cannot set ${values.size} tags at once: at most ${MAX_TAG_PARAMETERS}, push again for the rest`,
    });
  }
  return [...values].map((value) => {
    const tag = asTag(value);
    if (tag !== undefined) return tag;
    throw new RegistryError("TAG_INVALID", { message: "invalid tag", detail: { tag: value } });
  });
}

/** The whole body, refused by its declared length before it is read, and by count. */
async function readManifest(exchange: Exchange): Promise<Uint8Array<ArrayBuffer>> {
  if ((exchange.contentLength ?? 0) > MAX_MANIFEST_SIZE) throw tooLarge();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const chunk of exchange.body()) {
    size += chunk.byteLength;
    if (size > MAX_MANIFEST_SIZE) throw tooLarge();
    chunks.push(chunk);
  }
  const [only] = chunks;
  if (only !== undefined && chunks.length === 1) return only;
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}

/** The OCI spec asks for 413 (Pushing Manifests); distribution answers 400. */
function tooLarge(): RegistryError {
  return new RegistryError("MANIFEST_INVALID", {
    status: 413,
    detail: `Cannot take the manifest: it is larger than ${MAX_MANIFEST_SIZE} bytes`,
  });
}
