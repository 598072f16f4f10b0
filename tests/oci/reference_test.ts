import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { asRepositoryName, asTag, isTooLongName } from "../../src/oci/reference.ts";

for (
  const name of [
    "a",
    "team/app",
    "a.b/c_d/e__f/g-h/i---j",
    "0/1/2",
    "docker.io/library/redis",
    "Example.com/app",
    "localhost/a",
  ]
) {
  Deno.test(`asRepositoryName() takes ${name}`, () => assertEquals(asRepositoryName(name), name));
}

for (
  const name of [
    ...[
      "",
      "/",
      "a/",
      "/a",
      "a//b",
      "A",
      "a/B",
      "a..b",
      "a___b",
      "-a",
      "a-",
      "_a",
      ".a",
      "a.",
      "a:5/b",
      "a b",
      "a%2fb",
      "ä",
      "a\n",
    ],
    ...["..", "../a", "a/../b", "a/./b", ".", "a\0b", "Foo-/a", "a/_layers", "_uploads/a"],
  ]
) {
  Deno.test(`asRepositoryName() refuses ${JSON.stringify(name)}`, () =>
    assertEquals(asRepositoryName(name), undefined));
}

Deno.test("asRepositoryName() ends at 255 bytes, and isTooLongName() says that this was the reason", () => {
  assert(asRepositoryName("a".repeat(255)));
  assertEquals(asRepositoryName("a".repeat(256)), undefined);
  assertEquals(isTooLongName("a".repeat(256)), true);
  assertEquals(isTooLongName("A".repeat(256)), false);
});

Deno.test("asRepositoryName() never yields a path component that could mean something else", () => {
  const part = fc.stringMatching(/^[aA0._\-/%]{0,12}$/);
  fc.assert(
    fc.property(fc.array(part, { maxLength: 5 }).map((parts) => parts.join("/")), (text) => {
      for (const component of asRepositoryName(text)?.split("/") ?? []) {
        assert(
          /^[A-Za-z0-9]/.test(component) && /[A-Za-z0-9]$/.test(component) &&
            !component.includes(".."),
        );
      }
    }),
  );
});

Deno.test("asRepositoryName() answers at once on input that is made to backtrack", () => {
  assertEquals(asRepositoryName("A" + "-".repeat(254)), undefined);
  assertEquals(asRepositoryName("a-".repeat(127) + "!"), undefined);
  assertEquals(asRepositoryName("a".repeat(1_000_000) + "!"), undefined);
});

Deno.test("asTag() takes 128 characters and no separators at the start", () => {
  assertEquals(asTag("v1.0_x-Y"), "v1.0_x-Y");
  assert(asTag("_" + "a".repeat(127)));
  for (const text of ["", "a".repeat(129), "-a", ".a", "a/b", "a:b", "a b", "ä", "a\n"]) {
    assertEquals(asTag(text), undefined);
  }
});
