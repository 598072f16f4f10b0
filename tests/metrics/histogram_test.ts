import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { boundText } from "../../src/metrics/family.ts";
import { Histogram } from "../../src/metrics/histogram.ts";

Deno.test("a histogram counts a value in the first bound that is not below it", () => {
  const histogram = new Histogram([1, 2, 4]);
  for (const value of [0, 1, 1.5, 2, 4, 4.1, 1e9]) histogram.observe(value);
  assertEquals(histogram.cumulative(), [2, 4, 5]);
  assertEquals([histogram.count, histogram.sum], [7, 0 + 1 + 1.5 + 2 + 4 + 4.1 + 1e9]);
});

Deno.test("a histogram takes what is no amount for 0", () => {
  const histogram = new Histogram([1]);
  for (const value of [NaN, -1, -Infinity, Infinity]) histogram.observe(value);
  assertEquals([histogram.cumulative(), histogram.count, histogram.sum], [[4], 4, 0]);
});

Deno.test("a histogram never falls, whatever it is told", () => {
  fc.assert(fc.property(fc.array(fc.double()), (values) => {
    const histogram = new Histogram([0.1, 1, 1000]);
    let before = { sum: 0, last: 0 };
    for (const value of values) {
      histogram.observe(value);
      const counts = [...histogram.cumulative(), histogram.count];
      assertEquals(counts, counts.toSorted((a, b) => a - b));
      assertEquals(histogram.sum >= before.sum && counts[2]! >= before.last, true);
      before = { sum: histogram.sum, last: counts[2]! };
    }
    assertEquals(histogram.count, values.length);
  }));
});

Deno.test("a bound is written as Go writes it", () => {
  const bounds = [0.005, 0.25, 1, 2.5, 60, 1024, 524288, 1048576, 16777216, 2147483648];
  assertEquals(bounds.map(boundText), [
    "0.005",
    "0.25",
    "1",
    "2.5",
    "60",
    "1024",
    "524288",
    "1.048576e+06",
    "1.6777216e+07",
    "2.147483648e+09",
  ]);
});
