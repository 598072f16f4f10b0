import { assertEquals } from "@std/assert";
import { escapeQuoted } from "../../src/async/quoted.ts";

Deno.test("escapeQuoted() writes what stands between quotes as Go does", () => {
  assertEquals(escapeQuoted("plain [text]"), "plain [text]");
  assertEquals(escapeQuoted('a"b\\c\n\x7f'), 'a\\"b\\\\c\\n\\x7f');
  assertEquals(escapeQuoted("é \u202e \u{e0001}"), "é \\u202e \\U000e0001");
});
