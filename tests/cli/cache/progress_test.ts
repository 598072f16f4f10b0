import { assertEquals } from "@std/assert";
import { Progress } from "../../../src/cli/cache/progress.ts";
import { ManualTime } from "../../support/manual_time.ts";

function drawing(width: number | undefined) {
  const time = new ManualTime();
  const drawn: string[] = [];
  const progress = new Progress({
    ...{ label: "redis:7", width, now: time.now },
    draw: (text) => void drawn.push(text.replace(/^\r/, "").replaceAll("\x1b[K", "")),
  });
  return { time, drawn, progress };
}

Deno.test("a line says how much has come, of how much, and how fast", () => {
  const { time, drawn, progress } = drawing(80);
  progress.total(4_000_000);
  time.pass(500);
  progress.received(1_000_000);
  time.pass(500);
  progress.received(3_000_000);
  progress.end();
  assertEquals(drawn, [
    "[--------------------] 0 B of 4 MB, 0 B/s  redis:7",
    "[#####---------------] 1 MB of 4 MB, 2 MB/s  redis:7",
    "[####################] 4 MB of 4 MB, 4 MB/s  redis:7",
    "",
  ]);
});

Deno.test("the rate is that of the last seconds", () => {
  const { time, drawn, progress } = drawing(80);
  progress.total(10_000_000);
  for (const bytes of [5_000_000, 1_000, 1_000, 1_000, 1_000, 1_000]) {
    time.pass(1_000);
    progress.received(bytes);
  }
  assertEquals(drawn.at(-1), "[##########----------] 5 MB of 10 MB, 1 kB/s  redis:7");
});

Deno.test("lines are drawn ten times a second at most, no wider than the terminal", () => {
  const { time, drawn, progress } = drawing(30);
  progress.total(100);
  for (let i = 0; i < 100; i++) {
    time.pass(10);
    progress.received(1);
  }
  assertEquals(drawn.length, 11);
  assertEquals(drawn.map((line) => line.length), drawn.map(() => 29));
});

Deno.test("more than was announced, or nothing at all, is no harm", () => {
  const { time, drawn, progress } = drawing(80);
  progress.total(0);
  time.pass(1_000);
  progress.received(5);
  progress.total(2);
  assertEquals(drawn.map((line) => line.slice(0, 36)), [
    "[--------------------] 0 B of 0 B, 0",
    "[--------------------] 5 B of 0 B, 5",
    "[####################] 5 B of 2 B, 5",
  ]);
});

Deno.test("nothing is drawn where there is no terminal", () => {
  const { drawn, progress } = drawing(undefined);
  progress.total(100);
  progress.received(100);
  progress.end();
  assertEquals(drawn, []);
});
