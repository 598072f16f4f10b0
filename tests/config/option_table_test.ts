import { assertEquals, assertStringIncludes } from "@std/assert";
import { FIELDS } from "../../src/config/fields.ts";
import { renderMarkdown, renderText } from "../../src/config/option_table.ts";

Deno.test("renderMarkdown() has one row of five cells for every option", () => {
  const [head, rule, ...rows] = renderMarkdown().trimEnd().split("\n");
  assertEquals([head, rule], [
    "| option | type | default | since | what it does |",
    "|---|---|---|---|---|",
  ]);
  assertEquals(rows.length, Object.keys(FIELDS).length);
  for (const row of rows) assertEquals(row.split(" | ").length, 5, row);
});

Deno.test("renderText() tells the variable, the default and what is not built", () => {
  const text = renderText();
  assertStringIncludes(
    text,
    "http.draintimeout  (duration; default 30s; registry:2)\n    REGISTRY_HTTP_DRAINTIMEOUT\n",
  );
  assertStringIncludes(text, "REGISTRY_HTTP_HEADERS_<NAME>\n");
  assertStringIncludes(
    text,
    "    Adds the place in the source to every log line. Not built yet.\n",
  );
});

Deno.test("renderText() can be narrowed", () => {
  assertEquals(renderText("http.tls.").includes("http.addr"), false);
  assertEquals(renderText("http.tls.").includes("http.tls.certificate"), true);
});
