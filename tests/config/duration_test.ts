import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { formatDuration, parseDuration } from "../../src/config/duration.ts";

Deno.test("parseDuration() reads Go's syntax", () => {
  const cases: [string, number | undefined][] = [
    ["30s", 30_000],
    ["1h30m", 5_400_000],
    ["1.5s", 1_500],
    [".5s", 500],
    ["1.s", 1_000],
    ["-2ms", -2],
    ["+2ms", 2],
    ["0", 0],
    ["-0", -0],
    ["100us", 0.1],
    ["100µs", 0.1],
    ["100μs", 0.1],
    ["1ns", 1e-6],
    ["60", undefined],
    ["1d", undefined],
    ["", undefined],
    ["-", undefined],
    ["s", undefined],
    [".s", undefined],
    ["1 s", undefined],
    ["1h 2m", undefined],
    ["1S", undefined],
  ];
  for (const [text, expected] of cases) assertEquals(parseDuration(text), expected, text);
});

Deno.test("formatDuration() writes what Go writes", () => {
  const cases: [number, string][] = [
    [0, "0s"],
    [60e-6, "60ns"],
    [0.25, "250µs"],
    [250, "250ms"],
    [1_500, "1.5s"],
    [60_000, "1m0s"],
    [5_400_000, "1h30m0s"],
    [-2_000, "-2s"],
  ];
  for (const [value, expected] of cases) assertEquals(formatDuration(value), expected);
});

Deno.test("parseDuration() reads what formatDuration() writes", () => {
  fc.assert(fc.property(fc.integer({ min: -1e9, max: 1e9 }), (milliseconds) => {
    assertEquals(parseDuration(formatDuration(milliseconds)), milliseconds + 0);
  }));
});
