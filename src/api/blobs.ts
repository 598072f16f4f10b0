import { ClientGoneError, type Exchange } from "../http/exchange.ts";
import type { Digest } from "../oci/digest.ts";
import { RegistryError } from "../oci/error.ts";
import type { BlobStore, OpenBlob } from "../registry/registry.ts";
import { answerCondition, answerContent, isConditional } from "./blob_answer.ts";
import { multipartBody } from "./multipart_body.ts";
import type { ApiOptions } from "./options.ts";
import type { RouteOf } from "./route.ts";

type BlobRoute = RouteOf<"blob">;

/** OCI distribution-spec, Pulling blobs; conditions and ranges as Go's http.ServeContent has them. */
export async function getBlob(
  api: ApiOptions,
  exchange: Exchange,
  { name, digest }: BlobRoute,
): Promise<void> {
  const { blobs } = api.registry.repository(name);
  if (isConditional(exchange)) {
    await blobs.stat(digest); // whatever the condition, an unknown blob is 404
    const settled = answerCondition(exchange, digest);
    if (settled !== undefined) return await exchange.reply(settled.status, settled.headers);
  }
  const { size, source } = await open(exchange, blobs, digest);
  const { status, headers, text, region, parts } = answerContent(exchange, digest, size);
  if (region !== undefined) {
    return await exchange.reply(status, headers, { region: { source, ...region } });
  }
  try {
    const body = parts ? { stream: multipartBody(parts.frame, parts.ranges, source) } : text;
    await exchange.reply(status, headers, body);
  } finally {
    source.close();
  }
}

async function open(exchange: Exchange, blobs: BlobStore, digest: Digest): Promise<OpenBlob> {
  try {
    return await blobs.open(digest, exchange);
  } catch (error) {
    if (!(error instanceof RegistryError) && exchange.signal.aborted) {
      throw new ClientGoneError("The client left while the blob was waited for");
    }
    throw error;
  }
}

/** As getBlob, from the blob's size alone. */
export async function headBlob(
  api: ApiOptions,
  exchange: Exchange,
  { name, digest }: BlobRoute,
): Promise<void> {
  const { size } = await api.registry.repository(name).blobs.stat(digest);
  const settled = isConditional(exchange) ? answerCondition(exchange, digest) : undefined;
  const { status, headers, text } = settled ?? answerContent(exchange, digest, size);
  await exchange.reply(status, headers, text);
}

/** Takes the blob out of this repository; its bytes go when nobody has it any more. */
export async function deleteBlob(
  api: ApiOptions,
  exchange: Exchange,
  { name, digest }: BlobRoute,
): Promise<void> {
  await api.registry.repository(name).blobs.delete(digest);
  await exchange.reply(202, { "Content-Length": 0 });
}
