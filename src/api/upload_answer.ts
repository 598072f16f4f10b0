import type { Exchange } from "../http/exchange.ts";
import type { Digest } from "../oci/digest.ts";
import type { RepositoryName } from "../oci/reference.ts";
import type { UploadSession } from "../registry/registry.ts";
import type { ApiOptions } from "./options.ts";

/** What tells a client how far its upload is and where it goes on (OCI distribution-spec, Pushing blobs). */
export function uploadHeaders(
  api: ApiOptions,
  exchange: Exchange,
  name: RepositoryName,
  session: UploadSession,
): Readonly<Record<string, string>> {
  return {
    Location: api.location(exchange, `/v2/${name}/blobs/uploads/${session.id}`),
    // `0-0` is both nothing and one byte: the form has no empty range, and every client takes it so.
    Range: `0-${Math.max(0, session.offset - 1)}`,
    "Docker-Upload-Uuid": session.id,
  };
}

/** 201 for a blob, under the digest that the client named. */
export function answerCreated(
  api: ApiOptions,
  exchange: Exchange,
  name: RepositoryName,
  digest: Digest,
): Promise<void> {
  return exchange.reply(201, {
    Location: api.location(exchange, `/v2/${name}/blobs/${digest}`),
    "Docker-Content-Digest": digest,
    "Content-Length": 0,
  });
}

/** Whether the request brings a body: a declared length, or chunks. */
export function hasBody(exchange: Exchange): boolean {
  const length = exchange.contentLength;
  return length === undefined ? exchange.header("transfer-encoding") !== undefined : length > 0;
}
