import { answer, failure, text } from "./answer.ts";
import { $B, $C, BLOB, CONFIG, OCTETS } from "./content.ts";
import { created, exchange, type GoldenExchange, LU, row } from "./exchange.ts";

const blobHeaders = {
  "Accept-Ranges": "bytes",
  "Cache-Control": "max-age=31536000",
  "Content-Type": "application/octet-stream",
  "Docker-Content-Digest": $B,
  Etag: `"${$B}"`,
};

/** r holds $B; afterwards it holds $C, too. */
export const BLOBS: readonly GoldenExchange[] = [
  row("POST /v2/s/blobs/uploads/?mount=$B&from=r", {}, created(`/v2/s/blobs/${$B}`, $B)),
  exchange(
    "POST /v2/s/blobs/uploads/?mount=$C&from=r, unknown there",
    "POST /v2/s/blobs/uploads/?mount=$C&from=r",
    {},
    answer(202, { ...LU, Range: "0-0" }),
  ),
  row("POST /v2/m/blobs/uploads/?mount=$B", {}, answer(202, { ...LU, Range: "0-0" })),
  row("GET /v2/r/blobs/$B", {}, answer(200, blobHeaders, BLOB)),
  row("HEAD /v2/r/blobs/$B", {}, answer(200, { ...blobHeaders, "Content-Length": "5" })),
  exchange(
    "GET /v2/r/blobs/$B Range: bytes=1-3",
    "GET /v2/r/blobs/$B",
    { headers: { Range: "bytes=1-3" } },
    answer(206, { ...blobHeaders, "Content-Range": "bytes 1-3/5" }, "ell"),
  ),
  exchange(
    "GET /v2/r/blobs/$B Range: bytes=9-",
    "GET /v2/r/blobs/$B",
    { headers: { Range: "bytes=9-" } },
    text(416, "invalid range: failed to overlap\n", {
      "Content-Range": "bytes */5",
      "Docker-Content-Digest": $B,
    }),
  ),
  exchange(
    "GET /v2/r/blobs/$B Range: octets=1-3",
    "GET /v2/r/blobs/$B",
    { headers: { Range: "octets=1-3" } },
    text(416, "invalid range\n", { "Docker-Content-Digest": $B }),
  ),
  exchange(
    "GET /v2/r/blobs/$B If-None-Match",
    "GET /v2/r/blobs/$B",
    { headers: { "If-None-Match": `"${$B}"` } },
    answer(304, {
      "Cache-Control": "max-age=31536000",
      "Docker-Content-Digest": $B,
      Etag: `"${$B}"`,
    }),
  ),
  row(
    "GET /v2/r/blobs/sha256:abc",
    {},
    failure(400, "DIGEST_INVALID", "invalid checksum digest length"),
  ),
  exchange(
    "POST for the config",
    "POST /v2/r/blobs/uploads/",
    {},
    answer(202, { ...LU, Range: "0-0" }),
  ),
  exchange(
    "PUT U?s&digest=$C `{}`",
    "PUT U?s&digest=$C",
    { headers: OCTETS, body: CONFIG },
    created(`/v2/r/blobs/${$C}`, $C),
  ),
];
