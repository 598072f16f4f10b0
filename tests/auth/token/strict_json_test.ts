import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { parseStrictObject } from "../../../src/auth/token/strict_json.ts";
import { UnusableToken } from "../../../src/auth/token/unusable_token.ts";

function parse(text: string): unknown {
  return parseStrictObject(new TextEncoder().encode(text), "payload");
}

Deno.test("parseStrictObject() reads what JSON.stringify writes", () => {
  const objects = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 }));
  fc.assert(fc.property(objects, (object) => {
    const text = JSON.stringify(object);
    assertEquals(JSON.stringify(parse(text)), JSON.stringify(JSON.parse(text)));
  }));
});

Deno.test("parseStrictObject() refuses a key that stands twice in one object, however it is written", () => {
  for (
    const text of [
      '{"a":1,"a":2}',
      '{"a":1,"b":{"c":[{"d":1,"d":1}]}}',
      '{"a":1,"\\u0061" : 2}',
      '{"a\\"":1,"a\\"":2}',
      '{"":1,"":2}',
      '{"x":[],"a":{"a":1},"a":1}',
    ]
  ) {
    assertThrows(() => parse(text), UnusableToken, "twice");
  }
});

Deno.test("parseStrictObject() lets the same key stand in several objects, and in texts", () => {
  for (
    const text of ['{"a":{"a":[{"a":1},{"a":2}]},"b":"a","c":"\\"a\\":1,\\"a\\":2"}', '{"a":"a"}']
  ) {
    assertEquals(parse(text), JSON.parse(text));
  }
});

Deno.test("parseStrictObject() refuses what is no object, not UTF-8, or deep", () => {
  for (const text of ["[]", "null", "1", '"a"', "", "{", "{} {}", "\ufeff{}"]) {
    assertThrows(() => parse(text), UnusableToken);
  }
  assertThrows(() => parse(`{"a":${"[".repeat(40)}${"]".repeat(40)}}`), UnusableToken, "deep");
  assertThrows(() => parseStrictObject(Uint8Array.of(0x7b, 0x22, 0xff, 0x22), "x"), UnusableToken);
});
