import { type Answer, answer, failure, text } from "./answer.ts";
import { $B, $C, $C512, $M, $M512, DM, OCI, OCI_INDEX } from "./content.ts";
import { $R, blobOf, partOf, REFERRER_SIZE } from "./corners.ts";
import { created } from "./exchange.ts";
import { type Difference, NOT_OUR_FAULT, SAYS_WHY } from "./difference.ts";

const unmodified = answer(304, { "Docker-Content-Digest": $M, Etag: `"${$M}"` });

/** The list with the one manifest that names $B as its subject. */
const referrers = answer(
  200,
  { "Content-Type": OCI_INDEX },
  `${
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_INDEX,
      manifests: [{
        mediaType: OCI,
        digest: $R,
        size: REFERRER_SIZE,
        artifactType: "application/vnd.oci.image.config.v1+json",
      }],
    })
  }\n`,
);

function withHeader({ status, headers, body }: Answer, name: string, value: string): Answer {
  return { status, headers: { ...headers, [name]: value }, body };
}

const SHA512 = "sha512 is first class: answered under the digest that the client named";

export const DIFFERENT_CORNERS: readonly Difference[] = [
  {
    exchange: "GET tags/list of a name of 258 bytes",
    berth: failure(
      400,
      "NAME_INVALID",
      "Cannot use a name of 258 bytes: a repository name has at most 255",
    ),
    reason: "no fault of the server, and one document instead of two",
  },
  {
    exchange: "GET /v2/a:80/b/tags/list",
    berth: text(404, "404 page not found\n"),
    reason: "no repository can have this name; distribution takes it, and fails at its path",
  },
  {
    exchange: "FOO /v2/",
    berth: { status: 400, headers: { "Content-Length": "0" }, body: "" },
    reason:
      "methods that HTTP knows are answered as in distribution, others are not read any further",
  },
  {
    exchange: "GET /v2/none/tags/list?n=0",
    berth: failure(404, "NAME_UNKNOWN", { name: "none" }),
    reason: "the same whatever the page: there is no such repository",
  },
  {
    exchange: "DELETE /v2/r/manifests/none",
    berth: failure(404, "MANIFEST_UNKNOWN", "unknown tag=none"),
    reason: "paths of the storage are nobody's business",
  },
  {
    exchange: "GET /v2/r/blobs/$C Range: bytes=0-99999999999999999999",
    berth: partOf($C, "bytes 0-1/2", "{}"),
    reason: "a range may end behind the end, however far (RFC 9110 section 14.1.2)",
  },
  {
    exchange: "GET /v2/r/blobs/$C Range: Bytes=0-0",
    berth: partOf($C, "bytes 0-0/2", "{"),
    reason: "the names of units have no case (RFC 9110 section 14.1)",
  },
  {
    exchange: "GET /v2/r/blobs/$C Range: bytes=-0",
    berth: answer(
      416,
      {
        "Content-Type": "text/plain; charset=utf-8",
        "X-Content-Type-Options": "nosniff",
        "Content-Range": "bytes */2",
        "Docker-Content-Digest": $C,
        Etag: `"${$C}"`,
      },
      "invalid range: failed to overlap\n",
    ),
    reason: "the last no bytes are none (RFC 9110 section 14.1.2), and `2-1` is no range",
  },
  {
    exchange: "POST /v2/r/blobs/uploads/?digest=$B `hello`",
    berth: created(`/v2/r/blobs/${$B}`, $B),
    reason: "the OCI specification's upload in one request",
  },
  {
    exchange: "PATCH U?s Content-Range: x `h`",
    berth: failure(
      400,
      "RANGE_INVALID",
      "Cannot read Content-Range: expected <first byte>-<last byte>",
    ),
    reason: NOT_OUR_FAULT,
  },
  {
    exchange: "PUT U?s&digest=$B `hello` as curl -d sends it",
    berth: created(`/v2/r/blobs/${$B}`, $B),
    reason: "a body is a body, whatever its type; distribution loses it",
  },
  {
    exchange: "PUT U?s&digest=sha512:… `{}`",
    berth: created(`/v2/r/blobs/${$C512}`, $C512),
    reason: SHA512,
  },
  { exchange: "HEAD /v2/r/blobs/sha512:…", berth: blobOf($C512), reason: SHA512 },
  {
    exchange: "PUT /v2/r/manifests/sha512:… OCI $M",
    berth: created(`/v2/r/manifests/${$M512}`, $M512),
    reason: SHA512,
  },
  {
    exchange: "PUT OCI, its config's digest being sha256:abc",
    berth: failure(
      400,
      "MANIFEST_INVALID",
      'config.digest "sha256:abc" is not valid: invalid checksum digest length',
    ),
    reason: NOT_OUR_FAULT,
  },
  {
    exchange: "PUT OCI null",
    berth: failure(400, "MANIFEST_INVALID", "a manifest must be a JSON object"),
    reason: NOT_OUR_FAULT,
  },
  ...[["PUT DM with layers and manifests", DM], ["PUT OCI with layers and manifests", OCI]].map((
    [exchange = "", type = ""],
  ) => ({
    exchange,
    berth: failure(
      400,
      "MANIFEST_INVALID",
      `a manifest of type ${type} must not have the field manifests`,
    ),
    reason: "what is two things at once lets two clients see two images (CVE-2021-41190)",
  })),
  {
    exchange: "PUT index as OCI",
    berth: failure(
      400,
      "MANIFEST_INVALID",
      `mediaType in manifest should be '${OCI}' as in Content-Type, not "${OCI_INDEX}"`,
    ),
    reason: SAYS_WHY,
  },
  {
    exchange: "PUT OCI with the subject $B",
    berth: withHeader(created(`/v2/r/manifests/${$R}`, $R), "OCI-Subject", $B),
    reason: "OCI 1.1: referrers",
  },
  {
    exchange: "GET /v2/r/referrers/$B",
    berth: referrers,
    reason: "OCI 1.1: referrers",
  },
  {
    exchange: "PUT /v2/r/manifests/$M?tag=a OCI $M",
    berth: withHeader(created(`/v2/r/manifests/${$M}`, $M), "OCI-Tag", "a"),
    reason: "the OCI specification's tags of a push by digest",
  },
  {
    exchange: "GET /v2/r/manifests/$M If-None-Match: *",
    berth: unmodified,
    reason: "RFC 9110: `*` matches whatever there is",
  },
];
