import { assertEquals, assertRejects } from "@std/assert";
import { LATE, systemTimers, within } from "../../src/async/timers.ts";
import { ManualTime } from "../support/manual_time.ts";

Deno.test("within() gives what the work comes to, or LATE, and leaves no timer", async () => {
  const time = new ManualTime();
  assertEquals(await within(time, 10, Promise.resolve(5)), 5);
  await assertRejects(() => within(time, 10, Promise.reject(new Error("no"))), Error, "no");
  assertEquals(time.waiting, 0);
  const { promise, resolve } = Promise.withResolvers<number>();
  const waiting = within(time, 10, promise);
  time.pass(9);
  assertEquals(time.waiting, 1);
  time.pass(1);
  assertEquals([await waiting, time.waiting], [LATE, 0]);
  resolve(1);
});

Deno.test("system timers ring once, and not when they are stopped", async () => {
  const stop = systemTimers.start(0, () => {
    throw new Error("it rang");
  });
  stop();
  await new Promise<void>((resolve) => systemTimers.start(0, resolve));
});
