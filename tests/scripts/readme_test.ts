import { assert, assertEquals, assertThrows } from "@std/assert";
import { renderReadme, replacePart } from "../../scripts/readme.ts";

const PLACE = "# berth\n<!-- part:begin (made) -->\nold\n<!-- part:end -->\nrest\n";

Deno.test("replacePart() puts the content between the two marks and leaves the rest", () => {
  const readme = replacePart(PLACE, "part", "new\n");
  assertEquals(readme, "# berth\n<!-- part:begin (made) -->\n\nnew\n\n<!-- part:end -->\nrest\n");
  assertEquals(replacePart(readme, "part", "new"), readme);
});

Deno.test("replacePart() refuses a README without the marks", () => {
  assertThrows(() => replacePart("# berth\n", "part", "new"), Error, "has no part:begin");
});

Deno.test("README.md says what the lists of options and differences say", async () => {
  const readme = await Deno.readTextFile(new URL("../../README.md", import.meta.url));
  assert(renderReadme(readme) === readme, "run deno run -A scripts/readme.ts");
});
