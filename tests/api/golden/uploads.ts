import { answer, failure } from "./answer.ts";
import { $B, OCTETS } from "./content.ts";
import { created, exchange, type GoldenExchange, LU, row } from "./exchange.ts";

/** Uploads to r, the blob $B being there afterwards. */
const noUpload = failure(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown");

const COMMITTED: readonly GoldenExchange[] = [
  row("POST /v2/r/blobs/uploads/", {}, answer(202, { ...LU, Range: "0-0" })),
  row(
    "GET U",
    {},
    answer(204, { ...LU, Range: "0-0" }),
  ),
  row("GET U?s", {}, answer(204, { ...LU, Range: "0-0" })),
  exchange(
    "GET U, unknown uuid",
    "GET /v2/r/blobs/uploads/5a3b1c7e-8f04-4d0b-9a3a-3f6f0d1c2b4e",
    {},
    noUpload,
  ),
  row("PATCH U", {}, failure(404, "BLOB_UPLOAD_INVALID", "invalid secret")),
  exchange(
    "PATCH U?s Content-Type: text/plain",
    "PATCH U?s",
    { headers: { "Content-Type": "text/plain" }, body: "h" },
    failure(500, "UNKNOWN", "bad Content-Type"),
  ),
  exchange(
    "PATCH U?s Content-Range: 1-1 `h` (size 0)",
    "PATCH U?s",
    { headers: { ...OCTETS, "Content-Range": "1-1" }, body: "h" },
    failure(416, "RANGE_INVALID"),
  ),
  exchange(
    "PATCH U?s Content-Range: 0-1 `h`",
    "PATCH U?s",
    { headers: { ...OCTETS, "Content-Range": "0-1" }, body: "h" },
    failure(400, "SIZE_INVALID"),
  ),
  exchange(
    "PATCH U?s Content-Range: 0-1 `he`",
    "PATCH U?s",
    { headers: { ...OCTETS, "Content-Range": "0-1" }, body: "he" },
    answer(202, { ...LU, Range: "0-1" }),
  ),
  exchange(
    "PUT U?s `llo`, no digest",
    "PUT U?s",
    { headers: OCTETS, body: "llo" },
    failure(400, "DIGEST_INVALID", "digest missing"),
  ),
  exchange(
    "PUT U?s&digest=$B `llo`",
    "PUT U?s&digest=$B",
    { headers: OCTETS, body: "llo" },
    created(`/v2/r/blobs/${$B}`, $B),
  ),
];

const NOT_COMMITTED: readonly GoldenExchange[] = [
  exchange(
    "POST, then PATCH with an old Location: POST",
    "POST /v2/r/blobs/uploads/",
    {},
    answer(202, { ...LU, Range: "0-0" }),
  ),
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
    failure(416, "RANGE_INVALID"),
  ),
  row("DELETE U?s", {}, answer(204, { "Docker-Upload-Uuid": "<uuid>" })),
  exchange("DELETE U?s again", "DELETE U?s", {}, noUpload),
  exchange(
    "POST, then PUT with a wrong digest: POST",
    "POST /v2/r/blobs/uploads/",
    {},
    answer(202, { ...LU, Range: "0-0" }),
  ),
  exchange(
    "PUT U?s&digest=$B `x` (new)",
    "PUT U?s&digest=$B",
    { headers: OCTETS, body: "x" },
    failure(
      400,
      "DIGEST_INVALID",
      `invalid digest for referenced layer: ${$B}, content does not match digest`,
    ),
  ),
  exchange(
    "GET U after a wrong digest",
    "GET U?s",
    {},
    answer(204, { ...LU, Range: "0-0" }),
  ),
];

export const UPLOADS: readonly GoldenExchange[] = [...COMMITTED, ...NOT_COMMITTED];
