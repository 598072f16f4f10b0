import { assertEquals } from "@std/assert";
import { median, quantile } from "../../scripts/bench/load.ts";
import { resultTable } from "../../scripts/bench/table.ts";
import type { Row } from "../../scripts/bench/bench.ts";

const more: Row = { id: "P1", work: "GET", unit: "req/s", better: "more", goal: { ratio: 1.2 } };
const less: Row = { id: "P8", work: "PUT", unit: "ms", better: "less", goal: { absolute: 15 } };

function linesOf(results: Parameters<typeof resultTable>[1]): string[] {
  return resultTable(["berth", "a", "b"], results).split("\n").slice(2);
}

Deno.test("resultTable() compares the median with the best peer, where more is better", () => {
  const figures = new Map([["berth", [120, 130, 90]], ["a", [100]], ["b", [50]]]);
  assertEquals(linesOf([{ row: more, figures }]), [
    "| P1 | GET | req/s | 120 | 100 | 50 | 1.2 | ≥ 1.2 × best peer | yes |",
  ]);
});

Deno.test("resultTable() takes the lowest peer as best where less is better", () => {
  const figures = new Map([["berth", [30]], ["a", [10]], ["b", [20]]]);
  assertEquals(linesOf([{ row: less, figures }]), [
    "| P8 | PUT | ms | 30 | 10 | 20 | 3 | ≤ 15 ms | **no** |",
  ]);
});

Deno.test("resultTable() leaves open what was not measured", () => {
  assertEquals(linesOf([{ row: more, figures: new Map([["berth", [5]]]) }]), [
    "| P1 | GET | req/s | 5 | - | - | - | ≥ 1.2 × best peer | - |",
  ]);
});

Deno.test("resultTable() judges nothing where there is no goal", () => {
  const figures = new Map([["berth", [5]], ["a", [4]]]);
  assertEquals(linesOf([{ row: { ...more, goal: {} }, figures }]), [
    "| P1 | GET | req/s | 5 | 4 | - | 1.25 |  | - |",
  ]);
});

Deno.test("median() and quantile() pick from what was measured", () => {
  assertEquals(median([3, 1, 2]), 2);
  assertEquals(median([4, 1, 2, 3]), 2.5);
  assertEquals(quantile([1, 2, 3, 4], 0.99), 4);
  assertEquals(quantile([1, 2, 3, 4], 0.5), 3);
});
