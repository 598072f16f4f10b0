import { type Answer, answer, failure, failures, json } from "./answer.ts";
import { $B, $D, $L, $M, DL, DM, DOCKER_IMAGE, DOCKER_LIST, IMAGE, OCI } from "./content.ts";
import { created, LU } from "./exchange.ts";
import { type Difference, manifest, NO_STATE, NOT_OUR_FAULT, SAYS_WHY } from "./difference.ts";

const GONE =
  "an upload with a wrong digest is removed; distribution keeps it with the wrong bytes, so that it can never be completed";

const noUpload = failure(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown");
const begun = answer(202, { ...LU, Range: "0-0" });
const unmodified = answer(304, { "Docker-Content-Digest": $M, Etag: `"${$M}"` });

function notFoundRange(body: string, headers: Readonly<Record<string, string>>): Answer {
  return answer(416, {
    "Content-Type": "text/plain; charset=utf-8",
    "X-Content-Type-Options": "nosniff",
    "Docker-Content-Digest": $B,
    Etag: `"${$B}"`,
    ...headers,
  }, body);
}

const UPLOADS: readonly Difference[] = [
  { exchange: "PATCH U", berth: begun, reason: NO_STATE },
  {
    exchange: "PATCH U?s Content-Type: text/plain",
    berth: failures(415, [{
      code: "UNSUPPORTED",
      message: "bad Content-Type",
      detail: "Cannot take the chunk: its Content-Type must be application/octet-stream",
    }]),
    reason: NOT_OUR_FAULT,
  },
  {
    exchange: "PATCH U?s Content-Range: 1-1 `h` (size 0)",
    berth: failure(
      416,
      "RANGE_INVALID",
      "Cannot take the chunk: it starts at 1, the upload goes on at 0",
      { ...LU, Range: "0-0" },
    ),
    reason: "the same, and the answer says where the upload goes on",
  },
  {
    exchange: "PATCH U?s Content-Range: 0-1 `h`",
    berth: failure(
      400,
      "SIZE_INVALID",
      "Cannot take the chunk: Content-Range names 2 bytes, Content-Length 1",
    ),
    reason: SAYS_WHY,
  },
  {
    exchange: "PATCH U?old s `x`",
    berth: answer(202, { ...LU, Range: "0-2" }),
    reason:
      "no `_state` in upload URLs, so that there is no old one: Content-Range says where a chunk belongs",
  },
  { exchange: "GET U after a wrong digest", berth: noUpload, reason: GONE },
  {
    exchange: "POST /v2/m/blobs/uploads/?mount=$B",
    berth: created(`/v2/m/blobs/${$B}`, $B),
    reason: "OCI 1.1 lets a client leave `from` out; any repository that it may pull will do",
  },
];

const BLOBS: readonly Difference[] = [
  {
    exchange: "GET /v2/r/blobs/$B Range: bytes=9-",
    berth: notFoundRange("invalid range: failed to overlap\n", { "Content-Range": "bytes */5" }),
    reason: "the Etag stays, as in registry:2: the client sees whether its part is of this content",
  },
  {
    exchange: "GET /v2/r/blobs/$B Range: octets=1-3",
    berth: notFoundRange("invalid range\n", {}),
    reason: "the Etag stays, as in registry:2",
  },
];

const MANIFESTS: readonly Difference[] = [
  {
    exchange: "PUT /v2/r/manifests/$B OCI $M",
    berth: failure(400, "DIGEST_INVALID", `the manifest's digest is ${$M}, not ${$B}`),
    reason: SAYS_WHY,
  },
  {
    exchange: 'PUT OCI {"schemaVersion":2,"layers":[]}',
    berth: failure(400, "MANIFEST_INVALID", "config must be a descriptor"),
    reason: "one error that says what is wrong; no blob is unknown here",
  },
  {
    exchange: 'PUT OCI {"schemaVersion":1}',
    berth: failure(
      400,
      "MANIFEST_INVALID",
      "unrecognized manifest schema version 1: expected 2",
    ),
    reason: NOT_OUR_FAULT,
  },
  {
    exchange: "PUT OCI 4194305 bytes",
    berth: failure(
      413,
      "MANIFEST_INVALID",
      "Cannot take the manifest: it is larger than 4194304 bytes",
    ),
    reason: "the status that the OCI specification asks for",
  },
  {
    exchange: "GET /v2/r/manifests/t",
    berth: manifest($M, OCI, IMAGE),
    reason:
      "what is stored is served whatever Accept says: nobody was ever helped by “unknown” for what is there",
  },
  {
    exchange: "GET /v2/r/manifests/t If-None-Match: $M",
    berth: unmodified,
    reason: "RFC 9110 wants the Etag in a 304, and clients look for the digest",
  },
  {
    exchange: "GET /v2/r/manifests/dl",
    berth: manifest($L, DL, DOCKER_LIST),
    reason:
      "what is stored is served whatever Accept says; a client that takes images but no lists gets its image, as in distribution",
  },
  {
    exchange: "GET /v2/r/manifests/dl Accept: OCI",
    berth: manifest($D, DM, DOCKER_IMAGE),
    reason: "a client that takes images but no lists gets its image, whichever of the two it names",
  },
];

const OTHERS: readonly Difference[] = [
  {
    exchange: "GET /v2/r/tags/list?n=4",
    berth: json({ name: "r", tags: ["dl", "dm", "oi", "t"] }),
    reason: "nothing follows, so that there is no Link to an empty page",
  },
  ...["manifests/t", "manifests/$M", "blobs/$B"].map((target) => ({
    exchange: `DELETE /v2/r/${target} (no deletes)`,
    berth: failure(
      405,
      "UNSUPPORTED",
      "Cannot delete: deletes are off here, storage.delete.enabled turns them on",
    ),
    reason: SAYS_WHY,
  })),
  {
    exchange: "OPTIONS /v2/r/manifests/t (htpasswd)",
    berth: answer(200, { Allow: "DELETE, GET, HEAD, PUT" }),
    reason:
      "a browser sends no credentials with a preflight, which tells nothing of what is stored",
  },
];

/** To the block of reference/http.md. */
export const DIFFERENT_FROM_3: readonly Difference[] = [
  ...UPLOADS,
  ...BLOBS,
  ...MANIFESTS,
  ...OTHERS,
];
