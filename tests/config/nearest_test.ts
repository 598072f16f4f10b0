import { assertEquals } from "@std/assert";
import { nearest } from "../../src/config/nearest.ts";

Deno.test("nearest() finds the word that was meant", () => {
  const keys = ["formatter", "level", "fields", "accesslog", "warn", "db"];
  const cases: [string, string | undefined][] = [
    ["fromatter", "formatter"],
    ["Level", "level"],
    ["lvel", "level"],
    ["acceslog", "accesslog"],
    ["warning", "warn"],
    ["dv", "db"],
    ["x", undefined],
    ["something", undefined],
  ];
  for (const [word, expected] of cases) assertEquals(nearest(word, keys), expected, word);
});
