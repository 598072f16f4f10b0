import { answer, failure, failures } from "./answer.ts";
import {
  $C,
  $D,
  $I,
  $L,
  $M,
  DL,
  DM,
  DOCKER_IMAGE,
  DOCKER_LIST,
  IMAGE,
  INDEX,
  OCI,
  OCI_INDEX,
} from "./content.ts";
import { created, exchange, type GoldenExchange, push, row } from "./exchange.ts";

function manifestHeaders(digest: string, type: string): Readonly<Record<string, string>> {
  return { "Content-Type": type, "Docker-Content-Digest": digest, Etag: `"${digest}"` };
}

/** r holds $C; afterwards it has the tags dl, dm, oi and t. */
export const PUSHES: readonly GoldenExchange[] = [
  exchange(
    "PUT /v2/r/manifests/t OCI $M",
    "PUT /v2/r/manifests/t",
    push(IMAGE, OCI),
    created(`/v2/r/manifests/${$M}`, $M),
  ),
  exchange(
    "PUT /v2/r/manifests/t a/b",
    "PUT /v2/r/manifests/t",
    push(IMAGE, "a/b"),
    failure(
      400,
      "MANIFEST_INVALID",
      "unsupported manifest media type and no default available: a/b",
    ),
  ),
  exchange(
    "PUT /v2/r/manifests/$B OCI $M",
    "PUT /v2/r/manifests/$B",
    push(IMAGE, OCI),
    failure(400, "DIGEST_INVALID"),
  ),
  exchange(
    "PUT /v2/q/manifests/t OCI $M (q has no blobs)",
    "PUT /v2/q/manifests/t",
    push(IMAGE, OCI),
    failure(400, "MANIFEST_BLOB_UNKNOWN", $C),
  ),
  exchange(
    'PUT OCI {"schemaVersion":2,"layers":[]}',
    "PUT /v2/r/manifests/bad",
    push('{"schemaVersion":2,"layers":[]}', OCI),
    failures(400, [{ code: "DIGEST_INVALID" }, { code: "MANIFEST_BLOB_UNKNOWN", detail: "" }]),
  ),
  exchange(
    'PUT OCI {"schemaVersion":1}',
    "PUT /v2/r/manifests/bad",
    push('{"schemaVersion":1}', OCI),
    failure(500, "UNKNOWN", "unrecognized manifest schema version 1"),
  ),
  exchange(
    "PUT OCI 4194305 bytes",
    "PUT /v2/r/manifests/bad",
    push(" ".repeat(4 * 1024 * 1024 + 1), OCI),
    failure(400, "MANIFEST_INVALID", "http: request body too large"),
  ),
  exchange(
    "PUT DM $D",
    "PUT /v2/r/manifests/dm",
    push(DOCKER_IMAGE, DM),
    created(`/v2/r/manifests/${$D}`, $D),
  ),
  exchange(
    "PUT docker list",
    "PUT /v2/r/manifests/dl",
    push(DOCKER_LIST, DL),
    created(`/v2/r/manifests/${$L}`, $L),
  ),
  exchange(
    "PUT OCI index",
    "PUT /v2/r/manifests/oi",
    push(INDEX, OCI_INDEX),
    created(`/v2/r/manifests/${$I}`, $I),
  ),
];

export const PULLS: readonly GoldenExchange[] = [
  row(
    "GET /v2/r/manifests/t",
    {},
    failures(404, [{
      code: "MANIFEST_UNKNOWN",
      message: "OCI manifest found, but accept header does not support OCI manifests",
    }]),
  ),
  exchange(
    "GET /v2/r/manifests/t Accept: OCI",
    "GET /v2/r/manifests/t",
    { headers: { Accept: OCI } },
    answer(200, manifestHeaders($M, OCI), IMAGE),
  ),
  exchange(
    "HEAD /v2/r/manifests/t Accept: OCI",
    "HEAD /v2/r/manifests/t",
    { headers: { Accept: OCI } },
    answer(200, { ...manifestHeaders($M, OCI), "Content-Length": String(IMAGE.length) }),
  ),
  exchange(
    "GET /v2/r/manifests/$M Accept: OCI",
    "GET /v2/r/manifests/$M",
    { headers: { Accept: OCI } },
    answer(200, manifestHeaders($M, OCI), IMAGE),
  ),
  exchange(
    "GET /v2/r/manifests/t If-None-Match: $M",
    "GET /v2/r/manifests/t",
    { headers: { Accept: OCI, "If-None-Match": $M } },
    answer(304),
  ),
  row(
    "GET /v2/r/manifests/oi",
    {},
    answer(200, manifestHeaders($I, OCI_INDEX), INDEX),
  ),
  row(
    "GET /v2/r/manifests/dl",
    {},
    failures(400, [{
      code: "MANIFEST_INVALID",
      message: "Schema 2 manifest not supported by client",
    }]),
  ),
  exchange(
    "GET /v2/r/manifests/dl Accept: DM",
    "GET /v2/r/manifests/dl",
    { headers: { Accept: DM } },
    answer(200, manifestHeaders($D, DM), DOCKER_IMAGE),
  ),
  exchange(
    "GET /v2/r/manifests/dl Accept: OCI",
    "GET /v2/r/manifests/dl",
    { headers: { Accept: OCI } },
    failures(400, [{
      code: "MANIFEST_INVALID",
      message: "Schema 2 manifest not supported by client",
    }]),
  ),
  exchange(
    "GET /v2/r/manifests/dl Accept: DL",
    "GET /v2/r/manifests/dl",
    { headers: { Accept: DL } },
    answer(200, manifestHeaders($L, DL), DOCKER_LIST),
  ),
];
