import { $B, $M, OCI } from "../api/golden/content.ts";

/** Ways to write "up" and "outside", and what parsers of paths have stumbled over. */
const EVIL_PARTS: readonly string[] = [
  "..",
  ".",
  "../..",
  "../../../../../../etc",
  "%2e%2e",
  "%2E%2E",
  ".%2e",
  "..%2f..",
  "%2e%2e%2f%2e%2e%2fetc",
  "%2f",
  "%2Fetc%2Fpasswd",
  "%2F%2F..%2F", // CVE-2024-4956
  "..%5c..",
  "..\\..",
  "%252e%252e",
  "%252e%252e%252f",
  "..%252f",
  "..;",
  "%c0%ae%c0%ae", // overlong UTF-8 of ".."
  "%c0%ae%c0%ae%c0%af",
  "%e0%80%ae",
  "%E2%80%A4%E2%80%A4", // U+2024, one dot leader
  "%EF%BC%8E%EF%BC%8E", // U+FF0E, fullwidth full stop
  "%E2%88%95etc", // U+2215, division slash
  "%EF%BC%8Fetc", // U+FF0F, fullwidth solidus
  "%00",
  "a%00",
  "a%00.txt",
  "..%00",
  "a%0a",
  "a%0d%0aX-Evil:%201",
  "a%20b",
  "%",
  "%2",
  "%zz",
  "%u002e",
  "~",
  "a:b",
  "-a",
  "a..b/../c",
  "\xe4\xf6\xfc", // Latin-1 as it is
  "\xc3\xa4",
];

/** What a repository's own folders are called: no names of repositories, but tags as any other. */
export const FOLDER_NAMES: readonly string[] = [
  "_layers",
  "_manifests",
  "_uploads",
  "_trash",
  "_referrers",
];

const UUID = "11111111-2222-4333-8444-555555555555";

/** One hostile request; all bodies are a manifest that is fine by itself. */
export interface EvilRequest {
  readonly method: string;
  readonly target: string;
}

function targetsWith(part: string): string[] {
  return [
    `/${part}`,
    `/v2/${part}`,
    `/v2/${part}/`,
    `/v2/${part}/tags/list`,
    `/v2/r/${part}/tags/list`,
    `/v2/${part}/r/tags/list`,
    `/v2/r/tags/list/${part}`,
    `/v2/r/manifests/${part}`,
    `/v2/${part}/manifests/t`,
    `/v2/r/manifests/${part}/t`,
    `/v2/r/manifests/sha256:${part}`,
    `/v2/r/manifests/${part}:${"a".repeat(64)}`,
    `/v2/r/blobs/${part}`,
    `/v2/r/blobs/sha256:${part}`,
    `/v2/r/blobs/sha256:${part}/${"a".repeat(60)}`,
    `/v2/r/blobs/${part}/${$B}`,
    `/v2/${part}/blobs/${$B}`,
    `/v2/r/blobs/uploads/${part}`,
    `/v2/r/blobs/uploads/${UUID}/${part}`,
    `/v2/r/blobs/uploads/${UUID}%2f${part}`,
    `/v2/${part}/blobs/uploads/`,
    `/v2/${part}/blobs/uploads/${UUID}`,
    `/v2/r/referrers/${part}`,
    `/v2/${part}/referrers/${$B}`,
    `//${part}//v2//r//manifests//t`,
    `/v2//${part}//manifests/t`,
  ];
}

/** Where a name, a tag, a digest or an id can stand in a query. */
function queriesWith(part: string): EvilRequest[] {
  const value = part.includes("%") ? part : encodeURIComponent(part);
  return [
    { method: "GET", target: `/v2/_catalog?last=${value}` },
    { method: "GET", target: `/v2/r/tags/list?n=5&last=${value}` },
    { method: "GET", target: `/v2/r/referrers/${$B}?artifactType=${value}` },
    { method: "POST", target: `/v2/r/blobs/uploads/?mount=${$B}&from=${value}` },
    { method: "POST", target: `/v2/r/blobs/uploads/?mount=${value}&from=r` },
    { method: "POST", target: `/v2/r/blobs/uploads/?digest=${value}` },
    { method: "POST", target: `/v2/r/blobs/uploads/?digest=sha256:${value}` },
    { method: "POST", target: `/v2/r/blobs/uploads/?digest-algorithm=${value}` },
    { method: "PUT", target: `/v2/r/blobs/uploads/${UUID}?digest=${value}&_state=${value}` },
    { method: "PUT", target: `/v2/r/manifests/${$M}?tag=${value}` },
  ];
}

/** Targets with every method that could read or write there. */
export const EVIL_PATHS: readonly EvilRequest[] = EVIL_PARTS.flatMap(targetsWith).flatMap(
  (target) =>
    ["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"].map((method) => ({ method, target })),
);

export const EVIL_QUERIES: readonly EvilRequest[] = EVIL_PARTS.flatMap(queriesWith);

/** Digests in a manifest that lead elsewhere when somebody makes a path of them. */
export const EVIL_DIGESTS: readonly string[] = [
  "../../../../../../etc/passwd",
  "sha256:../../../../../../etc/passwd",
  `sha256:../${"a".repeat(61)}`,
  `sha256:${"A".repeat(64)}`,
  `sha256:${"a".repeat(63)}`,
  `sha256:${"a".repeat(63)}/`,
  `sha256:${"a".repeat(64)}\n`,
  `sha256:${"a".repeat(64)}\0`,
  `sha256/../..:${"a".repeat(64)}`,
  `__proto__:${"a".repeat(64)}`,
  `toString:${"a".repeat(64)}`,
  `sha1:${"a".repeat(40)}`,
  `:${"a".repeat(64)}`,
  "",
  "sha256:",
];

export const MANIFEST_HEADERS = { "Content-Type": OCI } as const;
