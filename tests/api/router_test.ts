import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Match } from "../../src/api/route.ts";
import { createRouter } from "../../src/api/router.ts";
import { asDigest } from "../../src/oci/digest.ts";
import { asRepositoryName, asTag } from "../../src/oci/reference.ts";

const match = createRouter();
const HEX = "0123456789abcdef".repeat(4);
const DIGEST = `sha256:${HEX}`;

/** A match in one line: kind, name, and what else it holds. */
function show(found: Match): string {
  if (found === undefined) return "404";
  if (found.kind === "redirect") return `301 ${found.location}${found.html ? "" : " (no body)"}`;
  if (found.kind === "rejected") return `${found.error.status} ${found.error.code}`;
  if (found.kind === "manifest") {
    const { reference } = found;
    const text = reference.kind === "tag" ? reference.tag : reference.digest;
    return `manifest ${found.name} ${reference.kind} ${text}`;
  }
  const { kind, ...rest } = found;
  return [kind, ...Object.values(rest).filter((value) => value !== "")].join(" ");
}

const ROUTES: readonly (readonly [string, string])[] = [
  ["/", "root"],
  ["/?x=y", "root"],
  ["/v2/", "ping"],
  ["/v2/?x", "ping"],
  ["/v2/_catalog?n=5", "catalog n=5"],
  ["/v2/_token?service=x", "token"],
  ["/v2/a/tags/list?n=5&last=b", "tags a n=5&last=b"],
  ["/v2/a/b/c/tags/list", "tags a/b/c"],
  ["/v2/a/manifests/latest", "manifest a tag latest"],
  [`/v2/a/b/manifests/${DIGEST}`, `manifest a/b digest ${DIGEST}`],
  [`/v2/a/blobs/${DIGEST}`, `blob a ${DIGEST}`],
  ["/v2/a/blobs/uploads/", "uploadStart a"],
  ["/v2/a/blobs/uploads/?mount=x", "uploadStart a mount=x"],
  ["/v2/a/blobs/uploads/0-1_2.3=", "upload a 0-1_2.3="],
  [`/v2/a/referrers/${DIGEST}?artifactType=x`, `referrers a ${DIGEST} artifactType=x`],
  ["/v2/docker.io/library/x/manifests/t", "manifest docker.io/library/x tag t"],
  ["/v2/Foo/bar/tags/list", "tags Foo/bar"],
  // Matched from the right: a repository may carry the words of routes in its name.
  ["/v2/a/manifests/b/manifests/c", "manifest a/manifests/b tag c"],
  ["/v2/a/blobs/uploads/manifests/t", "manifest a/blobs/uploads tag t"],
  ["/v2/a/manifests/blobs/uploads/", "uploadStart a/manifests"],
  ["/v2/a/manifests/tags/list", "tags a/manifests"],
  ["/v2/a/blobs/uploads/blobs/uploads/x", "upload a/blobs/uploads x"],
  ["/v2/a/blobs/uploads/tags/list", "tags a/blobs/uploads"],
  // Escapes are decoded once.
  ["/v2/library%2Fredis/manifests/6", "manifest library/redis tag 6"],
  [`/v2/a/blobs/sha256%3A${HEX}`, `blob a ${DIGEST}`],
  ["/v2/%61/tags/list", "tags a"],
];

const REDIRECTS: readonly (readonly [string, string])[] = [
  ["/v2", "301 /v2/"],
  ["/v2?a=b", "301 /v2/?a=b"],
  ["/v2/_catalog/", "301 /v2/_catalog"],
  ["/v2/_catalog/?n=5", "301 /v2/_catalog?n=5"],
  ["/v2/a/tags/list/", "301 /v2/a/tags/list"],
  ["/v2/a%2Fb/tags/list/", "301 /v2/a%2Fb/tags/list"],
  ["/v2/a/manifests/t/", "301 /v2/a/manifests/t"],
  ["/v2/a/manifests/sha256:abc/", "301 /v2/a/manifests/sha256:abc"],
  ["/v2/a/blobs/uploads", "301 /v2/a/blobs/uploads/"],
  ["/v2/a/blobs/uploads?mount=x", "301 /v2/a/blobs/uploads/?mount=x"],
  ["/v2/a/blobs/uploads/x/", "301 /v2/a/blobs/uploads/x"],
  ["//v2/", "301 /v2/ (no body)"],
  ["/v2//_catalog", "301 /v2/_catalog (no body)"],
  ["/v2/./a/tags/list", "301 /v2/a/tags/list (no body)"],
  ["/v2/a/../../../etc/passwd", "301 /etc/passwd (no body)"],
  ["/v2/a/manifests/..", "301 /v2/a (no body)"],
  ["//evil.example/", "301 /evil.example/ (no body)"],
];

const NOT_FOUND: readonly string[] = [
  "",
  "*",
  "v2/",
  "/v1/",
  "/v2x/",
  "/v20",
  "/nope",
  "http://evil.example/v2/",
  "/v2/A/tags/list",
  "/v2/A/blobs/sha256:abc",
  "/v2/A/manifests/sha256:abc",
  "/v2/A/blobs/uploads",
  "/v2/a/",
  "/v2/a",
  "/v2/tags/list",
  "/v2/manifests/t",
  "/v2/blobs/uploads/",
  "/v2/blobs/uploads/x",
  "/v2/blobs/uploads",
  "/v2/a/tags/lists",
  "/v2/a/uploads/x",
  "/v2/a/xblobs/uploads/x",
  "/v2/_catalog/x",
  "/v2/_token/",
  "/v2/_token/x",
  "/v2/a/_catalog",
  "/v2/a b/tags/list",
  "/v2/a/manifests/-t",
  `/v2/a/manifests/${"t".repeat(129)}`,
  "/v2/a/blobs/latest",
  `/v2/a/blobs/SHA256:${HEX}`,
  "/v2/a/manifests/:",
  "/v2/a/blobs/uploads/a!b",
  `/v2/a/blobs/uploads/${"x".repeat(129)}`,
  "/v2/a:80/b/tags/list",
  "/v2/_uploads/tags/list",
  // Hostile ones.
  "/v2/%2e%2e/%2e%2e/etc/passwd",
  "/v2/a%2f..%2fb/tags/list",
  "/v2/a%2F%2F..%2Fb/manifests/t",
  "/v2/%2e%2f/tags/list",
  "/v2/a/blobs/uploads/..%2f..%2fx",
  "/v2/a/blobs/uploads/%2e%2e",
  "/v2/a%00/tags/list",
  "/v2/a\0/tags/list",
  "/v2/a%0d%0ax/tags/list",
  "/v2/a%252Fb/tags/list",
  "/v2/a%/tags/list",
  "/v2/a%2/tags/list",
  "/v2/a%zz/tags/list",
  "/v2/%c3%a9/tags/list",
  "/v2/a/tags/list%2F",
  "/v2/a/blobs/uploads%2f..",
  "/v2/é/tags/list",
  "/v2/\u0430/tags/list",
  "/v2/a\\b/tags/list",
  "/./\\evil.example",
  "//é",
  "/v2?\r\nX: y",
];

for (const [target, expected] of [...ROUTES, ...REDIRECTS]) {
  Deno.test(`the router takes ${target} for ${expected}`, () => {
    assertEquals(show(match(target)), expected);
  });
}

for (const target of NOT_FOUND) {
  Deno.test(`the router knows no route for ${JSON.stringify(target).slice(0, 80)}`, () => {
    assertEquals(show(match(target)), "404");
  });
}

Deno.test("the router says what is wrong with a digest", () => {
  const details = ["sha256:abc", "md5:abc", `sha256:${"A".repeat(64)}`].map((text) => {
    const blob = match(`/v2/a/blobs/${text}`);
    const manifest = match(`/v2/a/manifests/${text}`);
    const referrers = match(`/v2/a/referrers/${text}`);
    assertEquals(show(blob), "400 DIGEST_INVALID");
    assertEquals(show(manifest), show(blob));
    assertEquals(show(referrers), show(blob));
    return blob?.kind === "rejected" ? blob.error.detail : undefined;
  });
  assertEquals(details, [
    "invalid checksum digest length",
    "unsupported digest algorithm",
    "invalid checksum digest format",
  ]);
});

Deno.test("the router takes names of 255 bytes and rejects longer ones as NAME_INVALID", () => {
  const name = `${"a".repeat(127)}/${"b".repeat(127)}`;
  assertEquals(show(match(`/v2/${name}/tags/list`)), `tags ${name}`);
  assertEquals(show(match(`/v2/${name}b/tags/list`)), "400 NAME_INVALID");
  assertEquals(show(match(`/v2/${name}!/tags/list`)), "404");
});

Deno.test("the router answers targets of a megabyte", () => {
  const many = "a/".repeat(500_000);
  assertEquals(show(match(`/v2/${many}tags/list`)), "400 NAME_INVALID");
  assertEquals(show(match(`/v2/${"a-".repeat(500_000)}/tags/list`)), "404");
  assertEquals(show(match(`/v2/a/manifests/${"t".repeat(1_000_000)}`)), "404");
  assertEquals(show(match(`/v2/a/blobs/${"a.".repeat(500_000)}:0`)), "404");
  assertEquals(show(match(`/v2/${"%61".repeat(300_000)}/tags/list`)), "400 NAME_INVALID");
});

for (const prefix of ["/registry", "/registry/", "registry/"]) {
  Deno.test(`the router keeps the prefix ${prefix} in what it matches and redirects`, () => {
    const prefixed = createRouter(prefix);
    assertEquals(show(prefixed("/")), "root");
    assertEquals(show(prefixed("/registry/v2/")), "ping");
    assertEquals(show(prefixed("/registry/v2")), "301 /registry/v2/");
    assertEquals(show(prefixed("/registry/v2/a/tags/list/")), "301 /registry/v2/a/tags/list");
    assertEquals(show(prefixed("/registry/v2/a/tags/list")), "tags a");
    assertEquals(show(prefixed("/v2/")), "404");
    assertEquals(show(prefixed("/registryv2/")), "404");
  });
}

/** Pieces that targets are made of, good and bad, so that many come near a route. */
const piece = fc.constantFrom(
  ...["a", "b1", "..", ".", "%2e", "%2E%2e", "%2f", "%00", "%25", "A", "_x", "x__y", "x---y", "é"],
  ...["v2", "_catalog", "tags", "list", "manifests", "blobs", "uploads", "referrers", ":", "\\"],
  ...[DIGEST, "sha256:abc", "latest", "?", "?n=1", "", "a".repeat(200), "\n", "-", "a.b:5000"],
);
const target = fc.array(fc.tuple(piece, fc.constantFrom("/", "/", "/", ""))).map((parts) =>
  `/v2/${parts.map(([text, end]) => text + end).join("")}`
);

const good = fc.constantFrom("a", "b1", "x__y", "x---y", "a.b", "manifests", "blobs");
const route = fc.tuple(
  fc.array(fc.oneof(good, good, good, piece), { minLength: 1, maxLength: 3 }),
  fc.constantFrom("manifests", "blobs", "tags", "referrers", "blobs/uploads"),
  fc.oneof(fc.constantFrom(DIGEST, "sha256:abc", "latest", "list", "0-1"), piece),
  fc.constantFrom("", "/", "?n=1", "/?x"),
).map(([name, noun, leaf, end]) => `/v2/${name.join("/")}/${noun}/${leaf}${end}`);

/** What must hold of any match: nothing in it is outside of its grammar. */
function assertSound(found: Match): void {
  if (found === undefined) return;
  if (found.kind === "redirect") {
    assert(/^\/(?![/\\])[\x21-\x7e]*$/.test(found.location), found.location);
  }
  if ("name" in found) assertEquals(asRepositoryName(found.name), found.name);
  if ("digest" in found) assertEquals(asDigest(found.digest), found.digest);
  if (found.kind === "upload") {
    assert(/^[A-Za-z0-9_.=-]+$/.test(found.id) && found.id !== "." && found.id !== "..", found.id);
  }
  if (found.kind !== "manifest") return;
  const { reference } = found;
  if (reference.kind === "tag") assertEquals(asTag(reference.tag), reference.tag);
  else assertEquals(asDigest(reference.digest), reference.digest);
}

Deno.test("the router yields nothing outside of the grammars, whatever is asked", () => {
  const kinds = new Set<string>();
  fc.assert(
    fc.property(fc.oneof(target, route, route, fc.string(), fc.webPath()), (target) => {
      const found = match(target);
      kinds.add(found?.kind ?? "none");
      assertSound(found);
    }),
    { numRuns: 5000 },
  );
  // The pieces are no good if they never come near a route.
  for (const kind of ["none", "redirect", "rejected", "manifest", "blob", "upload", "tags"]) {
    assert(kinds.has(kind), `no target was a ${kind}`);
  }
});

Deno.test("redirects of the router end after two", () => {
  fc.assert(
    fc.property(fc.oneof(target, route), (target) => {
      let found = match(target);
      let hops = 0;
      for (; found?.kind === "redirect" && hops < 5; hops++) found = match(found.location);
      assert(hops <= 2, `${target}: ${hops} redirects`);
    }),
    { numRuns: 2000 },
  );
});
