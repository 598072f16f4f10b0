import { answer, failure, text } from "./answer.ts";
import { $B, $M } from "./content.ts";
import { exchange, type GoldenExchange, row } from "./exchange.ts";

export const ROUTES: readonly GoldenExchange[] = [
  row("GET /", {}, {
    status: 200,
    headers: { "Cache-Control": "no-cache", "Content-Length": "0" },
    body: "",
  }),
  row("GET /v2/", {}, answer(200, { "Content-Type": "application/json" }, "{}")),
  row("POST /v2/", {}, answer(200, { "Content-Type": "application/json" }, "{}")),
  row("OPTIONS /v2/", {}, answer(200, { "Content-Type": "application/json" }, "{}")),
  row(
    "GET /v2",
    {},
    answer(
      301,
      { Location: "/v2/", "Content-Type": "text/html; charset=utf-8" },
      '<a href="/v2/">Moved Permanently</a>.\n\n',
    ),
  ),
  row("GET /v2/A/tags/list", {}, text(404, "404 page not found\n")),
  row(`POST /v2/r/blobs/$B`, {}, text(405, "Method not allowed\n", { Allow: "DELETE, GET, HEAD" })),
  row("OPTIONS /v2/r/manifests/t", {}, answer(200, { Allow: "DELETE, GET, HEAD, PUT" })),
];

/** On an empty registry. */
export const NOTHING_THERE: readonly GoldenExchange[] = [
  exchange(
    "GET /v2/r/tags/list, no such repository",
    "GET /v2/r/tags/list",
    {},
    failure(404, "NAME_UNKNOWN", { name: "r" }),
  ),
  exchange(
    "GET /v2/r/manifests/t, unknown",
    "GET /v2/r/manifests/t",
    {},
    failure(404, "MANIFEST_UNKNOWN", "unknown tag=t"),
  ),
  exchange(
    "GET /v2/r/manifests/$M, unknown",
    "GET /v2/r/manifests/$M",
    {},
    failure(404, "MANIFEST_UNKNOWN", `unknown manifest name=r revision=${$M}`),
  ),
  row(
    "GET /v2/r/manifests/sha256:abc",
    {},
    failure(400, "DIGEST_INVALID", "invalid checksum digest length"),
  ),
  exchange(
    "GET /v2/r/blobs/$B, unknown",
    "GET /v2/r/blobs/$B",
    {},
    failure(404, "BLOB_UNKNOWN", $B),
  ),
];
