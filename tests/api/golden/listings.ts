import { answer, failure, json, text } from "./answer.ts";
import { OCI } from "./content.ts";
import { exchange, type GoldenExchange, row } from "./exchange.ts";

export const LISTINGS: readonly GoldenExchange[] = [
  row("GET /v2/r/tags/list", {}, json({ name: "r", tags: ["dl", "dm", "oi", "t"] })),
  row("HEAD /v2/r/tags/list", {}, text(405, "", { Allow: "GET", "Content-Length": "19" })),
  row(
    "GET /v2/r/tags/list?n=2",
    {},
    json({ name: "r", tags: ["dl", "dm"] }, {
      Link: '</v2/r/tags/list?last=dm&n=2>; rel="next"',
    }),
  ),
  row("GET /v2/r/tags/list?n=2&last=oi", {}, json({ name: "r", tags: ["t"] })),
  row("GET /v2/r/tags/list?n=0", {}, json({ name: "r", tags: [] })),
  row(
    "GET /v2/r/tags/list?n=4",
    {},
    json({ name: "r", tags: ["dl", "dm", "oi", "t"] }, {
      Link: '</v2/r/tags/list?last=t&n=4>; rel="next"',
    }),
  ),
  row("GET /v2/r/tags/list?n=x", {}, failure(400, "PAGINATION_NUMBER_INVALID", { n: 0 })),
  row("GET /v2/_catalog", {}, json({ repositories: ["r"] })),
  row(
    "GET /v2/_catalog?n=-1",
    {},
    failure(400, "PAGINATION_NUMBER_INVALID", { n: "-1" }),
  ),
  row("GET /v2/_catalog?n=1001", {}, failure(400, "PAGINATION_NUMBER_INVALID", { n: 1001 })),
];

export const DELETES: readonly GoldenExchange[] = [
  row("DELETE /v2/r/manifests/oi", {}, answer(202)),
  row("DELETE /v2/r/manifests/$M", {}, answer(202)),
  exchange(
    "DELETE /v2/r/manifests/$M again",
    "DELETE /v2/r/manifests/$M",
    {},
    failure(404, "MANIFEST_UNKNOWN"),
  ),
  exchange(
    "GET /v2/r/manifests/t after DELETE of $M",
    "GET /v2/r/manifests/t",
    { headers: { Accept: OCI } },
    failure(404, "MANIFEST_UNKNOWN", "unknown tag=t"),
  ),
  row("DELETE /v2/r/manifests/$D", {}, answer(202)),
  row("DELETE /v2/r/manifests/$L", {}, answer(202)),
  exchange(
    "GET /v2/r/tags/list, emptied",
    "GET /v2/r/tags/list",
    {},
    json({ name: "r", tags: [] }),
  ),
  row("DELETE /v2/r/blobs/$B", {}, answer(202)),
  exchange(
    "DELETE /v2/r/blobs/$B again",
    "DELETE /v2/r/blobs/$B",
    {},
    failure(404, "BLOB_UNKNOWN"),
  ),
];
