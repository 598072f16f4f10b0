import { answer, failure, failures, json } from "./answer.ts";
import { $B, $C, $I, $M, CONFIG, IMAGE, INDEX, OCI, OCI_INDEX, OCTETS } from "./content.ts";
import { created, exchange, type GoldenExchange, LU, push, row } from "./exchange.ts";

const begun = answer(202, { ...LU, Range: "0-0" });

const UNKNOWN: readonly GoldenExchange[] = [
  exchange(
    "GET /v2/r/manifests/t, unknown",
    "GET /v2/r/manifests/t",
    {},
    failure(404, "MANIFEST_UNKNOWN", { Tag: "t" }),
  ),
  exchange(
    "GET /v2/r/manifests/$M, unknown",
    "GET /v2/r/manifests/$M",
    {},
    failure(404, "MANIFEST_UNKNOWN", { Name: "r", Revision: $M }),
  ),
  row(
    "GET /v2/r/manifests/sha256:abc",
    {},
    failure(500, "UNKNOWN", {
      Path: "/docker/registry/v2/repositories/r/_manifests/tags/sha256:abc/current/link",
      DriverName: "filesystem",
    }),
  ),
];

const UPLOADS: readonly GoldenExchange[] = [
  row("POST /v2/r/blobs/uploads/", {}, begun),
  row("GET U", {}, failure(404, "BLOB_UPLOAD_INVALID", {})),
  exchange(
    "PATCH U?s Content-Range: 1-1 `h` (size 0)",
    "PATCH U?s",
    { headers: { ...OCTETS, "Content-Range": "1-1" }, body: "h" },
    answer(202, { ...LU, Range: "0-0" }),
  ),
  exchange("POST for a wrong digest", "POST /v2/r/blobs/uploads/", {}, begun),
  exchange(
    "PATCH U?s `he`",
    "PATCH U?s",
    { headers: OCTETS, body: "he" },
    answer(202, { ...LU, Range: "0-1" }),
  ),
  exchange(
    "PATCH U?old s `x`",
    "PATCH U?old",
    { headers: OCTETS, body: "x" },
    failure(404, "BLOB_UPLOAD_INVALID"),
  ),
  exchange(
    "PUT U?s&digest=$B `x`, another digest",
    "PUT U?s&digest=$B",
    { headers: OCTETS, body: "x" },
    failure(400, "DIGEST_INVALID", { Digest: $B, Reason: {} }),
  ),
  exchange("POST for the config", "POST /v2/r/blobs/uploads/", {}, begun),
  exchange(
    "PUT U?s&digest=$C `{}`",
    "PUT U?s&digest=$C",
    { headers: OCTETS, body: CONFIG },
    created(`/v2/r/blobs/${$C}`, $C),
  ),
  row("POST /v2/s/blobs/uploads/?mount=$C&from=r", {}, created(`/v2/s/blobs/${$C}`, $C)),
];

const MANIFESTS: readonly GoldenExchange[] = [
  exchange(
    "PUT OCI $M",
    "PUT /v2/r/manifests/t",
    push(IMAGE, OCI),
    created(`/v2/r/manifests/${$M}`, $M),
  ),
  exchange(
    "PUT OCI index $I",
    "PUT /v2/r/manifests/oi",
    push(INDEX, OCI_INDEX),
    created(`/v2/r/manifests/${$I}`, $I),
  ),
  row(
    "GET /v2/r/manifests/oi",
    {},
    failures(404, [{
      code: "MANIFEST_UNKNOWN",
      message: "OCI index found, but accept header does not support OCI indexes",
    }]),
  ),
  row("GET /v2/_catalog?n=-1", {}, json({ repositories: ["r", "s"] })),
  row("DELETE /v2/r/manifests/oi", {}, failure(400, "DIGEST_INVALID")),
  row("DELETE /v2/r/manifests/$I", {}, answer(202)),
  row("DELETE /v2/r/manifests/$M", {}, answer(202)),
  exchange(
    "GET /v2/r/tags/list, emptied",
    "GET /v2/r/tags/list",
    {},
    json({ name: "r", tags: null }),
  ),
];

/**
 * The v2.8 lines of reference/http.md with what they need before them. Its JSON answers say `; charset=utf-8` behind their type, which
 * is left out here.
 */
export const REGISTRY2: readonly GoldenExchange[] = [...UNKNOWN, ...UPLOADS, ...MANIFESTS];
