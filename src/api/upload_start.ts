import type { Grant } from "../auth/access_controller.ts";
import type { Exchange } from "../http/exchange.ts";
import { asDigest, type Digest, type DigestAlgorithm } from "../oci/digest.ts";
import { algorithmOf, isDigestAlgorithm, parseDigest } from "../oci/digest.ts";
import { RegistryError } from "../oci/error.ts";
import { asRepositoryName, type RepositoryName } from "../oci/reference.ts";
import type { BlobStore, MountSource } from "../registry/registry.ts";
import type { ApiOptions } from "./options.ts";
import { queryValue } from "./query.ts";
import type { RouteOf } from "./route.ts";
import { answerCreated, hasBody, uploadHeaders } from "./upload_answer.ts";

/** Digests of no bytes at all: a POST with one of these needs no body to be complete. */
const EMPTY_BLOBS: ReadonlySet<string> = new Set([
  "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "sha384:38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b",
  "sha512:cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
]);

/**
 * POST: mounts a blob (201), takes a whole one (201), or begins an upload (202). A mount that cannot be had is no error, the client
 * goes on to upload.
 */
export async function startUpload(
  api: ApiOptions,
  exchange: Exchange,
  { name, query }: RouteOf<"uploadStart">,
  grant: Grant,
): Promise<void> {
  const { blobs } = api.registry.repository(name);
  const mounted = await mount(blobs, query, grant);
  if (mounted !== undefined) return await answerCreated(api, exchange, name, mounted);
  const named = queryValue(query, "digest");
  const digest = named ? parseDigest(named) : undefined;
  if (digest !== undefined && (hasBody(exchange) || EMPTY_BLOBS.has(digest))) {
    return await takeWhole(api, exchange, name, digest);
  }
  const session = await blobs.startUpload(digest ? algorithmOf(digest) : plannedAlgorithm(query));
  const headers = uploadHeaders(api, exchange, name, session);
  await exchange.reply(202, { ...headers, "Content-Length": 0 });
}

/** @returns the digest when the blob is now in the repository */
async function mount(blobs: BlobStore, query: string, grant: Grant): Promise<Digest | undefined> {
  const digest = asDigest(queryValue(query, "mount") ?? "");
  if (digest === undefined) return undefined;
  const source = sourceOf(queryValue(query, "from"), grant);
  return source && (await blobs.mount(digest, source))?.digest;
}

/**
 * Only what the caller may pull can be mounted (CVE-2024-39897); what it may not looks like what isn't there. Without `from` any such
 * repository will do.
 */
function sourceOf(
  from: string | undefined,
  { mayPull, sight }: Grant,
): MountSource | undefined {
  if (!from) return { anyOf: sight ?? (mayPull && { sees: mayPull, seesBelow: () => true }) };
  const repository = asRepositoryName(from);
  if (repository === undefined || mayPull?.(repository) === false) return undefined;
  return { repository };
}

/** Monolithic POST. The client knows no id to go on with, so that nothing stays of one that fails. */
async function takeWhole(
  api: ApiOptions,
  exchange: Exchange,
  name: RepositoryName,
  digest: Digest,
): Promise<void> {
  const session = await api.registry.repository(name).blobs.startUpload(algorithmOf(digest));
  try {
    const body = hasBody(exchange) ? exchange.body() : undefined;
    await session.commit(digest, body, 0, exchange.contentLength);
  } catch (error) {
    // A session that is gone already, or that cannot be removed now (purging will), must not hide why the upload failed.
    await session.cancel().catch(() => undefined);
    throw error;
  }
  await answerCreated(api, exchange, name, digest);
}

function plannedAlgorithm(query: string): DigestAlgorithm | undefined {
  const named = queryValue(query, "digest-algorithm");
  if (!named) return undefined;
  if (isDigestAlgorithm(named)) return named;
  throw new RegistryError("DIGEST_INVALID", { detail: "unsupported digest algorithm" });
}
