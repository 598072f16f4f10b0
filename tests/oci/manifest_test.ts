import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { RegistryError } from "../../src/oci/error.ts";
import { parseManifest, readManifest } from "../../src/oci/manifest.ts";
import {
  DOCKER_IMAGE,
  DOCKER_LIST,
  DOCKER_SCHEMA1,
  OCI_ARTIFACT,
  OCI_IMAGE,
  OCI_INDEX,
} from "../../src/oci/media_type.ts";

const A = "sha256:" + "a".repeat(64);
const B = "sha256:" + "b".repeat(64);
const bytes = (value: unknown) =>
  new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
const config = { mediaType: "application/vnd.oci.image.config.v1+json", digest: A, size: 1 };
const layer = {
  mediaType: "application/vnd.oci.image.layer.v1.tar",
  digest: B,
  size: 2,
  urls: ["https://e.test/x"],
};
const image = { schemaVersion: 2, config, layers: [layer] };

Deno.test("parseManifest() names config and layers of an image, subject, artifactType and annotations", () => {
  const manifest = parseManifest(
    bytes({ ...image, subject: layer, annotations: { a: "1", b: 2 } }),
    `${OCI_IMAGE.toUpperCase()}; charset=utf-8`,
  );
  assertEquals(manifest.blobs.map((blob) => String(blob.digest)), [A, B]);
  assertEquals(manifest.blobs[1]?.urls, ["https://e.test/x"]);
  assertEquals([manifest.kind, String(manifest.subject), manifest.artifactType], [
    "image",
    B,
    config.mediaType,
  ]);
  assertEquals(manifest.annotations, { a: "1" });
});

Deno.test("parseManifest() names the children of an index with their platforms", () => {
  const child = {
    mediaType: OCI_IMAGE,
    digest: A,
    size: 1,
    platform: { os: "linux", architecture: "arm64" },
  };
  const manifest = parseManifest(
    bytes({ schemaVersion: 2, manifests: [child], artifactType: "x/y" }),
    OCI_INDEX,
  );
  assertEquals(
    manifest.children.map(({ digest, platform }) => ({ digest: String(digest), platform })),
    [
      { digest: A, platform: { os: "linux", architecture: "arm64" } },
    ],
  );
  assertEquals([manifest.blobs.length, manifest.artifactType], [0, "x/y"]);
});

Deno.test("parseManifest() takes the artifact manifest of OCI's release candidates", () => {
  const manifest = parseManifest(
    bytes({ mediaType: OCI_ARTIFACT, artifactType: "a/b", blobs: [layer], subject: config }),
    OCI_ARTIFACT,
  );
  assertEquals([manifest.blobs.length, manifest.artifactType, String(manifest.subject)], [
    1,
    "a/b",
    A,
  ]);
});

for (
  const [what, body, type, says] of [
    ["no Content-Type", image, undefined, "unsupported manifest media type"],
    ["an unknown type", image, "a/b", "unsupported manifest media type"],
    ["docker schema 1", image, DOCKER_SCHEMA1, "unsupported manifest media type"],
    [
      "another mediaType inside",
      { ...image, mediaType: DOCKER_IMAGE },
      OCI_IMAGE,
      "mediaType in manifest should be",
    ],
    [
      "a mediaType that is no string",
      { ...image, mediaType: 5 },
      OCI_IMAGE,
      "mediaType in manifest should be",
    ],
    [
      "a docker manifest without mediaType",
      image,
      DOCKER_IMAGE,
      "mediaType in manifest is missing",
    ],
    [
      "a docker list without mediaType",
      { schemaVersion: 2, manifests: [] },
      DOCKER_LIST,
      "mediaType in manifest is missing",
    ],
    [
      "an image that is an index too",
      { ...image, manifests: [] },
      OCI_IMAGE,
      "must not have the field manifests",
    ],
    [
      "an index that is an image too",
      { schemaVersion: 2, manifests: [], layers: [] },
      OCI_INDEX,
      "must not have the field layers",
    ],
    [
      "an index with a config",
      { schemaVersion: 2, manifests: [], config },
      OCI_INDEX,
      "must not have the field config",
    ],
    ["schema version 1", { ...image, schemaVersion: 1 }, OCI_IMAGE, "schema version 1"],
    ["no schema version", { config, layers: [] }, OCI_IMAGE, "schema version 0"],
    ["no config", { schemaVersion: 2, layers: [] }, OCI_IMAGE, "config must be a descriptor"],
    [
      "a config without digest",
      { ...image, config: {} },
      OCI_IMAGE,
      "config.digest nothing is not valid",
    ],
    [
      "a bad layer digest",
      { ...image, layers: [{ digest: "sha256:x" }] },
      OCI_IMAGE,
      "layers[0].digest",
    ],
    ["layers that are no list", { ...image, layers: {} }, OCI_IMAGE, "layers must be a list"],
    [
      "a subject that is none",
      { ...image, subject: "x" },
      OCI_IMAGE,
      "subject must be a descriptor",
    ],
    ["a list", "[]", OCI_IMAGE, "must be a JSON object"],
    ["null", "null", OCI_IMAGE, "must be a JSON object"],
    ["nothing", "", OCI_IMAGE, "not valid JSON"],
    ["a byte order mark", "\ufeff{}", OCI_IMAGE, "not valid JSON"],
    [
      "an index that says nowhere that it is one",
      { schemaVersion: 2 },
      OCI_INDEX,
      "must have a list of manifests",
    ],
    [
      "a field in another case",
      { ...image, Layers: [] },
      OCI_IMAGE,
      'the field "Layers" must be written layers',
    ],
    ["a field with a long s", { ...image, "layer\u017f": [] }, OCI_IMAGE, "must be written layers"],
    [
      "another case inside of a descriptor",
      { ...image, layers: [{ ...layer, Digest: A }] },
      OCI_IMAGE,
      "layers[0]: the field",
    ],
    ["deep nesting", "[".repeat(100_000), OCI_IMAGE, "nested more than"],
  ] as const
) {
  Deno.test(`parseManifest() refuses ${what}`, () => {
    const error = assertThrows(() => parseManifest(bytes(body), type), RegistryError);
    assertEquals([error.code, error.status], ["MANIFEST_INVALID", 400]);
    assertStringIncludes(String(error.detail), says);
  });
}

Deno.test("parseManifest() refuses bytes that are not UTF-8", () => {
  assertThrows(() => parseManifest(Uint8Array.of(0x7b, 0xff, 0x7d), OCI_IMAGE), RegistryError);
});

Deno.test("parseManifest() does not count brackets inside of strings as nesting", () => {
  const manifest = parseManifest(
    bytes({ ...image, annotations: { a: '[{"'.repeat(500) + "\\" } }),
    OCI_IMAGE,
  );
  assertEquals(manifest.kind, "image");
});

Deno.test("parseManifest() says in few words what is wrong with a long value", () => {
  const error = assertThrows(
    () => parseManifest(bytes({ ...image, mediaType: "x".repeat(100_000) }), OCI_IMAGE),
    RegistryError,
  );
  assertEquals(String(error.detail).length < 300, true);
});

for (
  const [what, body, mediaType] of [
    ["its own mediaType", { schemaVersion: 2, mediaType: DOCKER_IMAGE, config }, DOCKER_IMAGE],
    ["OCI image, when it says nothing", { schemaVersion: 2, config, layers: [] }, OCI_IMAGE],
    ["OCI index, when it has manifests", { schemaVersion: 2, manifests: [] }, OCI_INDEX],
    ["schema 1 of an old tree", { schemaVersion: 1, name: "a" }, DOCKER_SCHEMA1],
    ["OCI image, when its mediaType would break a header", {
      schemaVersion: 2,
      mediaType: "a/b\r\nX: y",
      config,
    }, OCI_IMAGE],
  ] as const
) {
  Deno.test(`readManifest() finds ${what}`, () =>
    assertEquals(readManifest(bytes(body))?.mediaType, mediaType));
}

Deno.test("readManifest() leaves out what is odd, and is undefined for what is no manifest", () => {
  assertEquals(
    readManifest(bytes({ schemaVersion: 2, config: 5, layers: [{}, layer], subject: 1 }))?.blobs
      .length,
    1,
  );
  assertEquals(readManifest(bytes("no json")), undefined);
  assertEquals(readManifest(new Uint8Array()), undefined);
});

Deno.test("readManifest() and parseManifest() survive any JSON", () => {
  fc.assert(
    fc.property(
      fc.jsonValue(),
      fc.constantFrom(OCI_IMAGE, OCI_INDEX, DOCKER_LIST, OCI_ARTIFACT),
      (value, type) => {
        readManifest(bytes(JSON.stringify(value)));
        const body = typeof value === "object" && value !== null
          ? { schemaVersion: 2, ...value }
          : value;
        try {
          parseManifest(bytes(JSON.stringify(body)), type);
        } catch (error) {
          if (!(error instanceof RegistryError)) throw error;
        }
      },
    ),
  );
});
