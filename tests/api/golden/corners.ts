import { type Answer, answer, failure, failures, json, text } from "./answer.ts";
import {
  $B,
  $C,
  $M,
  BLOB,
  CONFIG,
  digestOf,
  DM,
  DOCKER_IMAGE,
  IMAGE,
  INDEX,
  OCI,
  OCTETS,
} from "./content.ts";
import { created, exchange, type GoldenExchange, LU, push, row } from "./exchange.ts";

const LONG = `x/${"a".repeat(256)}`;
const begun = answer(202, { ...LU, Range: "0-0" });

/** The document that v3 writes twice into one body. */
function twice({ status, headers, body }: Answer): Answer {
  return answer(status, { "Content-Type": headers["Content-Type"] ?? "" }, body + body);
}

const NAMES: readonly GoldenExchange[] = [
  exchange(
    "GET tags/list of a name of 258 bytes",
    `GET /v2/${LONG}/tags/list`,
    {},
    twice(failure(
      500,
      "UNKNOWN",
      `repository name "${LONG}" invalid: repository name must not be more than 255 characters`,
    )),
  ),
  row(
    "GET /v2/a:80/b/tags/list",
    {},
    failure(
      500,
      "UNKNOWN",
      "filesystem: invalid path: /docker/registry/v2/repositories/a:80/b/_manifests/tags",
    ),
  ),
  row("FOO /v2/", {}, answer(200, { "Content-Type": "application/json" }, "{}")),
  row("GET /v2/Foo/bar/tags/list", {}, failure(404, "NAME_UNKNOWN", { name: "Foo/bar" })),
  row("GET /v2/r/manifests/.t", {}, text(404, "404 page not found\n")),
  row("GET /v2/none/tags/list?n=0", {}, json({ name: "none", tags: [] })),
  row(
    "DELETE /v2/r/manifests/none",
    {},
    failure(
      404,
      "MANIFEST_UNKNOWN",
      "filesystem: Path not found: /docker/registry/v2/repositories/r/_manifests/tags/none",
    ),
  ),
];

const badRange = text(416, "invalid range\n", { "Docker-Content-Digest": $C });

const RANGES: readonly GoldenExchange[] = [
  exchange(
    "GET /v2/r/blobs/$C Range: bytes=0-99999999999999999999",
    "GET /v2/r/blobs/$C",
    { headers: { Range: "bytes=0-99999999999999999999" } },
    badRange,
  ),
  exchange(
    "GET /v2/r/blobs/$C Range: Bytes=0-0",
    "GET /v2/r/blobs/$C",
    { headers: { Range: "Bytes=0-0" } },
    badRange,
  ),
  exchange(
    "GET /v2/r/blobs/$C Range: bytes=-0",
    "GET /v2/r/blobs/$C",
    { headers: { Range: "bytes=-0" } },
    partOf($C, "bytes 2-1/2", ""),
  ),
];

const UPLOADS: readonly GoldenExchange[] = [
  exchange(
    "POST /v2/r/blobs/uploads/?digest=$B `hello`",
    "POST /v2/r/blobs/uploads/?digest=$B",
    { headers: OCTETS, body: BLOB },
    begun,
  ),
  exchange("POST for a bad Content-Range", "POST /v2/r/blobs/uploads/", {}, begun),
  exchange(
    "PATCH U?s Content-Range: x `h`",
    "PATCH U?s",
    { headers: { ...OCTETS, "Content-Range": "x" }, body: "h" },
    failure(500, "UNKNOWN", "invalid content range format, x"),
  ),
  exchange(
    "PUT U?s&digest=$B `hello` as curl -d sends it",
    "PUT U?s&digest=$B",
    { headers: { "Content-Type": "application/x-www-form-urlencoded" }, body: BLOB },
    failure(
      400,
      "DIGEST_INVALID",
      `invalid digest for referenced layer: ${$B}, content does not match digest`,
    ),
  ),
  exchange("POST for sha512", "POST /v2/r/blobs/uploads/", {}, begun),
  exchange(
    "PUT U?s&digest=sha512:… `{}`",
    "PUT U?s&digest=$C512",
    { headers: OCTETS, body: CONFIG },
    created(`/v2/r/blobs/${$C}`, $C),
  ),
  exchange("HEAD /v2/r/blobs/sha512:…", "HEAD /v2/r/blobs/$C512", {}, blobOf($C)),
];

/** Of the two bytes of the config. */
export function blobOf(digest: string): Answer {
  return answer(200, {
    "Accept-Ranges": "bytes",
    "Cache-Control": "max-age=31536000",
    "Content-Length": "2",
    "Content-Type": "application/octet-stream",
    "Docker-Content-Digest": digest,
    Etag: `"${digest}"`,
  });
}

/** 206 with a part of a blob. */
export function partOf(digest: string, range: string, body: string): Answer {
  const { headers } = blobOf(digest);
  const length = String(body.length);
  return answer(206, { ...headers, "Content-Length": length, "Content-Range": range }, body);
}

/** With one more field at its start. */
function withField(manifest: string, field: string): string {
  return manifest.replace("{", `{${field},`);
}

const BOTH = withField(DOCKER_IMAGE, '"manifests":[]');
const REFERRER = withField(IMAGE, `"subject":{"mediaType":"${OCI}","digest":"${$B}","size":5}`);
/** The digest of the manifest whose subject is $B. */
export const $R = digestOf(REFERRER);
export const REFERRER_SIZE = REFERRER.length;
const foundIndex = failure(
  400,
  "MANIFEST_INVALID",
  "ocimanifest: expected manifest but found index",
);

const MANIFESTS: readonly GoldenExchange[] = [
  exchange(
    "PUT /v2/r/manifests/sha512:… OCI $M",
    "PUT /v2/r/manifests/$M512",
    push(IMAGE, OCI),
    failure(400, "DIGEST_INVALID"),
  ),
  exchange(
    "PUT OCI, its config's digest being sha256:abc",
    "PUT /v2/r/manifests/bad",
    push(IMAGE.replace($C, "sha256:abc"), OCI),
    failures(500, [
      { code: "UNKNOWN" },
      { code: "UNKNOWN", detail: "invalid checksum digest length" },
      { code: "MANIFEST_BLOB_UNKNOWN", detail: "sha256:abc" },
    ]),
  ),
  exchange(
    "PUT OCI null",
    "PUT /v2/r/manifests/bad",
    push("null", OCI),
    failure(500, "UNKNOWN", "unrecognized manifest schema version 0"),
  ),
  exchange(
    "PUT DM with layers and manifests",
    "PUT /v2/r/manifests/bad",
    push(BOTH, DM),
    created(`/v2/r/manifests/${digestOf(BOTH)}`, digestOf(BOTH)),
  ),
  exchange(
    "PUT OCI with layers and manifests",
    "PUT /v2/r/manifests/bad",
    push(withField(IMAGE, '"manifests":[]'), OCI),
    foundIndex,
  ),
  exchange("PUT index as OCI", "PUT /v2/r/manifests/bad", push(INDEX, OCI), foundIndex),
  exchange(
    "PUT OCI with the subject $B",
    "PUT /v2/r/manifests/referrer",
    push(REFERRER, OCI),
    created(`/v2/r/manifests/${$R}`, $R),
  ),
  row("GET /v2/r/referrers/$B", {}, text(404, "404 page not found\n")),
  exchange(
    "PUT /v2/r/manifests/$M?tag=a OCI $M",
    "PUT /v2/r/manifests/$M?tag=a",
    push(IMAGE, OCI),
    created(`/v2/r/manifests/${$M}`, $M),
  ),
  exchange(
    "GET /v2/r/manifests/$M If-None-Match: *",
    "GET /v2/r/manifests/$M",
    { headers: { Accept: OCI, "If-None-Match": "*" } },
    answer(
      200,
      { "Content-Type": OCI, "Docker-Content-Digest": $M, Etag: `"${$M}"` },
      IMAGE,
    ),
  ),
];

/** What stands in the text of reference/http.md and is answered in another way by us. r holds $C, and no manifest. */
export const CORNERS: readonly GoldenExchange[] = [
  ...NAMES,
  ...RANGES,
  ...UPLOADS,
  ...MANIFESTS,
];
