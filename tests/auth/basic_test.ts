import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { decodeBasic, readBasicHeader } from "../../src/auth/basic.ts";

/** As clients do it. */
function encode(text: string | Uint8Array): string {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  return btoa(String.fromCharCode(...bytes));
}

Deno.test("readBasicHeader() takes the scheme in any case, and one space or more", () => {
  for (const start of ["Basic ", "basic ", "BASIC ", "bAsIc   "]) {
    assertEquals(readBasicHeader(`${start}YTpi`), { kind: "encoded", text: "YTpi" });
  }
});

Deno.test("readBasicHeader() sees that there are no credentials", () => {
  for (const header of [undefined, "", "Basic Og==", "basic  Og=="]) {
    assertEquals(readBasicHeader(header), { kind: "none" });
  }
});

Deno.test("readBasicHeader() takes other schemes and what is too long for malformed", () => {
  const malformed = [
    "Bearer abc",
    "Basic",
    "BasicYTpi",
    " Basic YTpi",
    "Digest x",
    `Basic ${"A".repeat(4100)}`,
    `Basic ${"A".repeat(1_000_000)}`,
    `${"x".repeat(20)}`,
  ];
  for (const header of malformed) assertEquals(readBasicHeader(header), { kind: "malformed" });
  assertEquals(readBasicHeader(`Basic ${"A".repeat(4096)}`).kind, "encoded");
});

Deno.test("decodeBasic() parts user and password at the first colon", () => {
  assertEquals(decodeBasic(encode("alice:se:cret")), { user: "alice", password: "se:cret" });
  assertEquals(decodeBasic(encode(":p")), { user: "", password: "p" });
  assertEquals(decodeBasic(encode("u:")), { user: "u", password: "" });
  assertEquals(decodeBasic(encode("üser:пароль\0")), { user: "üser", password: "пароль\0" });
  assertEquals(decodeBasic(encode("\ufeffa:b")), { user: "\ufeffa", password: "b" });
});

Deno.test("decodeBasic() refuses what is not base64 of UTF-8 with a colon", () => {
  const wrong = [
    "",
    "YTpi=",
    "YTpi====",
    "YTp",
    "YTpiYw",
    "YT pi",
    "YTpi\n",
    "YTp_",
    "YTpiYx==", // unused bits that are not zero
    "ÿÿÿÿ",
    encode("alice"),
    encode(new Uint8Array([0x61, 0x3a, 0xff])),
    encode(new Uint8Array([0x61, 0x3a, 0xed, 0xa0, 0x80])),
  ];
  for (const text of wrong) assertEquals(decodeBasic(text), undefined, text);
});

Deno.test("decodeBasic() gives back what was encoded, and each pair has one encoded form", () => {
  const text = fc.string({ unit: "grapheme" });
  fc.assert(fc.property(text, text, (name, password) => {
    const user = name.replaceAll(":", "");
    const encoded = encode(`${user}:${password}`);
    assertEquals(decodeBasic(encoded), { user, password });
  }));
  fc.assert(fc.property(fc.base64String(), (encoded) => {
    const found = decodeBasic(encoded);
    if (found !== undefined) assertEquals(encode(`${found.user}:${found.password}`), encoded);
  }));
});
