import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  algorithmOf,
  asDigest,
  digestOf,
  hexOf,
  makeDigest,
  parseDigest,
} from "../../src/oci/digest.ts";
import { RegistryError } from "../../src/oci/error.ts";

const HELLO = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

Deno.test("parseDigest() takes the three algorithms apart again", () => {
  for (const [algorithm, length] of [["sha256", 64], ["sha384", 96], ["sha512", 128]] as const) {
    const digest = parseDigest(`${algorithm}:${"a".repeat(length)}`);
    assertEquals(algorithmOf(digest), algorithm);
    assertEquals(hexOf(digest), "a".repeat(length));
  }
});

for (
  const [text, detail] of [
    ["", "invalid checksum digest format"],
    ["sha256", "invalid checksum digest format"],
    [":" + HELLO, "invalid checksum digest format"],
    ["sha256:abc", "invalid checksum digest length"],
    ["sha256:" + "A".repeat(64), "invalid checksum digest format"],
    ["sha256:" + "g".repeat(64), "invalid checksum digest format"],
    ["sha256:" + "../".repeat(21) + "a", "invalid checksum digest format"],
    ["sha512:" + HELLO, "invalid checksum digest length"],
    ["md5:" + "a".repeat(32), "unsupported digest algorithm"],
    ["__proto__:" + HELLO, "unsupported digest algorithm"],
    ["toString:" + HELLO, "unsupported digest algorithm"],
    ["SHA256:" + HELLO, "unsupported digest algorithm"],
    [`sha256:${HELLO}\n`, "invalid checksum digest length"],
  ] as const
) {
  Deno.test(`parseDigest() refuses ${JSON.stringify(text.slice(0, 20))}: ${detail}`, () => {
    const error = assertThrows(() => parseDigest(text), RegistryError);
    assertEquals([error.code, error.status, error.detail], ["DIGEST_INVALID", 400, detail]);
    assertEquals(asDigest(text), undefined);
  });
}

Deno.test("asDigest() yields nothing that could leave a folder", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
    const digest = asDigest(text);
    assert(digest === undefined || /^sha(256|384|512):[0-9a-f]+$/.test(digest));
  }));
});

Deno.test("digestOf() agrees with known hashes", async () => {
  assertEquals(
    await digestOf("sha256", new TextEncoder().encode("hello")),
    makeDigest("sha256", HELLO),
  );
});
