import { answer, failure, json } from "./answer.ts";
import { $B, $I, $M, INDEX, OCI_INDEX } from "./content.ts";
import { LU } from "./exchange.ts";
import { type Difference, manifest, NO_STATE } from "./difference.ts";

const V3_DETAILS = "the details of registry:3, which say it in words";

/** Where we are not with registry:2, mostly since registry:3 isn't. */
export const DIFFERENT_FROM_2: readonly Difference[] = [
  {
    exchange: "GET /v2/r/manifests/t, unknown",
    berth: failure(404, "MANIFEST_UNKNOWN", "unknown tag=t"),
    reason: V3_DETAILS,
  },
  {
    exchange: "GET /v2/r/manifests/$M, unknown",
    berth: failure(404, "MANIFEST_UNKNOWN", `unknown manifest name=r revision=${$M}`),
    reason: V3_DETAILS,
  },
  {
    exchange: "GET /v2/r/manifests/sha256:abc",
    berth: failure(400, "DIGEST_INVALID", "invalid checksum digest length"),
    reason: "a bad digest is no fault of the server; as registry:3",
  },
  { exchange: "GET U", berth: answer(204, { ...LU, Range: "0-0" }), reason: NO_STATE },
  {
    exchange: "PATCH U?s Content-Range: 1-1 `h` (size 0)",
    berth: failure(
      416,
      "RANGE_INVALID",
      "Cannot take the chunk: it starts at 1, the upload goes on at 0",
      { ...LU, Range: "0-0" },
    ),
    reason:
      "a chunk that doesn't belong here would spoil the blob; the OCI specification, and registry:3",
  },
  {
    exchange: "PATCH U?old s `x`",
    berth: answer(202, { ...LU, Range: "0-2" }),
    reason: NO_STATE,
  },
  {
    exchange: "PUT U?s&digest=$B `x`, another digest",
    berth: failure(
      400,
      "DIGEST_INVALID",
      `invalid digest for referenced layer: ${$B}, content does not match digest`,
    ),
    reason: V3_DETAILS,
  },
  {
    exchange: "GET /v2/r/manifests/oi",
    berth: manifest($I, OCI_INDEX, INDEX),
    reason: "what is stored is served whatever Accept says; as registry:3",
  },
  {
    exchange: "GET /v2/_catalog?n=-1",
    berth: failure(400, "PAGINATION_NUMBER_INVALID", { n: "-1" }),
    reason:
      "no page has a negative length; as registry:3, which also lists only what holds a manifest",
  },
  {
    exchange: "DELETE /v2/r/manifests/oi",
    berth: answer(202),
    reason: "a tag can be deleted: the OCI specification, and registry:3",
  },
  {
    exchange: "GET /v2/r/tags/list, emptied",
    berth: json({ name: "r", tags: [] }),
    reason: "clients expect a list; as registry:3",
  },
];
