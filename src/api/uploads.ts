import type { Exchange } from "../http/exchange.ts";
import { asDigest, type Digest } from "../oci/digest.ts";
import { RegistryError } from "../oci/error.ts";
import { baseMediaType } from "../oci/media_type.ts";
import type { UploadSession } from "../registry/registry.ts";
import { parseContentRange } from "./content_range.ts";
import type { ApiOptions } from "./options.ts";
import { queryValue } from "./query.ts";
import type { RouteOf } from "./route.ts";
import { answerCreated, hasBody, uploadHeaders } from "./upload_answer.ts";

type UploadRoute = RouteOf<"upload">;

/** How far the upload is; the same for HEAD. */
export async function getUpload(
  api: ApiOptions,
  exchange: Exchange,
  route: UploadRoute,
): Promise<void> {
  const session = await resume(api, route);
  await exchange.reply(204, uploadHeaders(api, exchange, route.name, session));
}

/** Adds a chunk, or a stream of unknown length, at the end. 202, or 416 with the place where to go on. */
export async function patchUpload(
  api: ApiOptions,
  exchange: Exchange,
  route: UploadRoute,
): Promise<void> {
  const session = await resume(api, route);
  checkChunkType(exchange.header("content-type"));
  await atItsPlace(api, exchange, route, session, (at, length) => {
    return session.append(exchange.body(), at, length);
  });
  const headers = uploadHeaders(api, exchange, route.name, session);
  await exchange.reply(202, { ...headers, "Content-Length": 0 });
}

/** Ends the upload, with or without a last chunk of whatever Content-Type (curl -d sends a form's). */
export async function finishUpload(
  api: ApiOptions,
  exchange: Exchange,
  route: UploadRoute,
): Promise<void> {
  const session = await resume(api, route);
  const digest = namedDigest(route.query);
  await atItsPlace(api, exchange, route, session, async (at, length) => {
    await session.commit(digest, hasBody(exchange) ? exchange.body() : undefined, at, length);
  });
  await answerCreated(api, exchange, route.name, digest);
}

/** Forgets the upload and what came of it. */
export async function cancelUpload(
  api: ApiOptions,
  exchange: Exchange,
  route: UploadRoute,
): Promise<void> {
  const session = await resume(api, route);
  await session.cancel();
  await exchange.reply(204, { "Docker-Upload-Uuid": session.id });
}

/** Methods of an upload on `/blobs/uploads/` itself, which names none. */
export function noUpload(): Promise<void> {
  return Promise.reject(
    new RegistryError("BLOB_UPLOAD_UNKNOWN", { detail: "blob upload unknown" }),
  );
}

function resume(api: ApiOptions, { name, id }: UploadRoute): Promise<UploadSession> {
  return api.registry.repository(name).blobs.resumeUpload(id);
}

/**
 * Runs `take` when the Content-Range of the request fits the upload and its body. A refusal by the place says where the upload
 * stands, so that the client can go on from there.
 */
async function atItsPlace(
  api: ApiOptions,
  exchange: Exchange,
  route: UploadRoute,
  session: UploadSession,
  take: (at: number | undefined, length: number | undefined) => Promise<void>,
): Promise<void> {
  try {
    const range = parseContentRange(exchange.header("content-range"));
    if (range !== undefined) checkPlace(range.start, session.offset);
    if (range !== undefined) checkLength(range.length, exchange);
    // Chunked bodies are checked as they come, which distribution leaves out.
    await take(range?.start, range?.length ?? exchange.contentLength);
  } catch (error) {
    if (!(error instanceof RegistryError) || error.status !== 416) throw error;
    const { code, detail, message } = error;
    const headers = uploadHeaders(api, exchange, route.name, session);
    throw new RegistryError(code, { detail, message, headers, cause: error });
  }
}

function checkPlace(start: number, offset: number): void {
  if (start === offset) return;
  throw new RegistryError("RANGE_INVALID", {
    detail: `Cannot take the chunk: it starts at ${start}, the upload goes on at ${offset}`,
  });
}

function checkLength(length: number, exchange: Exchange): void {
  const sent = hasBody(exchange) ? exchange.contentLength : 0;
  if (sent === undefined || sent === length) return;
  throw new RegistryError("SIZE_INVALID", {
    detail: `Cannot take the chunk: Content-Range names ${length} bytes, Content-Length ${sent}`,
  });
}

/** Absent, empty or octet-stream, as distribution, whose 500 for others is a 415 here. */
function checkChunkType(header: string | undefined): void {
  const type = baseMediaType(header ?? "");
  if (type === "" || type === "application/octet-stream") return;
  throw new RegistryError("UNSUPPORTED", {
    status: 415,
    message: "bad Content-Type",
    detail: "Cannot take the chunk: its Content-Type must be application/octet-stream",
  });
}

/** The details are those of distribution. */
function namedDigest(query: string): Digest {
  const named = queryValue(query, "digest");
  if (!named) throw new RegistryError("DIGEST_INVALID", { detail: "digest missing" });
  const digest = asDigest(named);
  if (digest !== undefined) return digest;
  throw new RegistryError("DIGEST_INVALID", { detail: "digest parsing failed" });
}
