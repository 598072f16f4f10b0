import { assertEquals, assertThrows } from "@std/assert";
import { RegistryError } from "../../src/oci/error.ts";
import { parseManifest } from "../../src/oci/manifest.ts";
import { DOCKER_LIST, OCI_IMAGE } from "../../src/oci/media_type.ts";
import {
  checkUrls,
  type ManifestPolicy,
  neededBlobs,
  neededChildren,
  STRICT,
} from "../../src/registry/manifest_policy.ts";
import { utf8 } from "../support/content.ts";

const FOREIGN = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
const digest = (letter: string) => "sha256:" + letter.repeat(64);

function image(layer: Record<string, unknown>) {
  const config = {
    mediaType: "application/vnd.oci.image.config.v1+json",
    digest: digest("a"),
    size: 1,
  };
  const body = { schemaVersion: 2, config, layers: [{ digest: digest("b"), size: 1, ...layer }] };
  return parseManifest(utf8(JSON.stringify(body)), OCI_IMAGE);
}

for (
  const [url, allow, deny, isAllowed] of [
    ["https://a.test/x", [], [], false],
    ["https://a.test/x", ["^https://a"], [], true],
    ["https://b.test/x", ["^https://a"], [], false],
    ["https://a.test/x", [], ["b"], true],
    ["https://b.test/x", [], ["b"], false],
    ["https://a.test/b", ["^https://a"], ["b$"], false],
    ["https://a.test/x#y", ["."], [], false],
    ["ftp://a.test/x", ["."], [], false],
    ["no url", ["."], [], false],
  ] as const
) {
  Deno.test(`checkUrls() ${isAllowed ? "lets" : "does not let"} ${url} pass allow ${allow} and deny ${deny}`, () => {
    const rules = {
      allow: allow.map((rule) => new RegExp(rule)),
      deny: deny.map((rule) => new RegExp(rule)),
    };
    const check = () => checkUrls(image({ mediaType: FOREIGN, urls: [url] }), rules);
    if (isAllowed) check();
    else assertEquals(assertThrows(check, RegistryError).code, "MANIFEST_INVALID");
    checkUrls(image({ mediaType: FOREIGN, urls: [url] }), undefined);
    checkUrls(image({ mediaType: "application/vnd.oci.image.layer.v1.tar", urls: [url] }), rules);
  });
}

Deno.test("neededBlobs() leaves out only foreign layers that have URLs", () => {
  const needed = (layer: Record<string, unknown>, policy: ManifestPolicy = STRICT) =>
    neededBlobs(image(layer), policy).map((blob) => String(blob.digest));
  assertEquals(needed({ mediaType: FOREIGN, urls: ["https://a.test"] }), [digest("a")]);
  assertEquals(needed({ mediaType: FOREIGN }), [digest("a"), digest("b")]);
  assertEquals(needed({ mediaType: "x/y", urls: ["https://a.test"] }), [digest("a"), digest("b")]);
  assertEquals(needed({ mediaType: "x/y" }, { ...STRICT, references: "none" }), []);
});

Deno.test("neededChildren() asks for all, none, or those of the listed platforms", () => {
  const child = (letter: string, os: string, architecture: string) => ({
    mediaType: OCI_IMAGE,
    digest: digest(letter),
    size: 1,
    platform: { os, architecture },
  });
  const manifests = [child("a", "linux", "amd64"), child("b", "linux", "arm64"), {
    mediaType: OCI_IMAGE,
    digest: digest("c"),
    size: 1,
  }];
  const list = parseManifest(
    utf8(JSON.stringify({ schemaVersion: 2, mediaType: DOCKER_LIST, manifests })),
    DOCKER_LIST,
  );
  const needed = (policy: Partial<ManifestPolicy>) =>
    neededChildren(list, { ...STRICT, ...policy }).map((item) => item.digest[7]);
  assertEquals(needed({}), ["a", "b", "c"]);
  assertEquals(needed({ children: "none" }), []);
  assertEquals(needed({ references: "none" }), []);
  assertEquals(needed({ children: [{ os: "linux", architecture: "arm64" }] }), ["b"]);
});
