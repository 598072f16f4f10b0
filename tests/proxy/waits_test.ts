import { assert, assertEquals, assertRejects } from "@std/assert";
import { ConnectionSlots } from "../../src/proxy/connection_slots.ts";
import { orAborted, Watchdog } from "../../src/proxy/watchdog.ts";

const never = new AbortController().signal;

function aborted(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(signal.reason);
    else signal.addEventListener("abort", () => resolve(signal.reason), { once: true });
  });
}

Deno.test("a watchdog ends with the error of the limit that ran out last", async () => {
  using watchdog = new Watchdog(never);
  watchdog.watch(60_000, () => new Error("long"));
  watchdog.watch(5, () => new Error("short"));
  assertEquals(String(await aborted(watchdog.signal)), "Error: short");
});

Deno.test("a watchdog that is told of progress, or is at rest, doesn't end", async () => {
  using watchdog = new Watchdog(never);
  for (let i = 0; i < 10; i++) {
    watchdog.watch(40, () => new Error("early"));
    await new Promise((resolve) => setTimeout(resolve, 8));
  }
  watchdog.pause();
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert(!watchdog.signal.aborted);
  watchdog.watch(5, () => new Error("late"));
  assertEquals(String(await aborted(watchdog.signal)), "Error: late");
});

Deno.test("a watchdog ends with each of its signals, those that have ended already too", () => {
  const [a, b] = [new AbortController(), new AbortController()];
  using watchdog = new Watchdog(undefined, a.signal, b.signal);
  b.abort("b");
  a.abort("a");
  assertEquals(watchdog.signal.reason, "b");
  using late = new Watchdog(a.signal);
  assertEquals(late.signal.reason, "a");
});

Deno.test("a watchdog that is over starts no timer", () => {
  const watchdog = new Watchdog(never);
  watchdog[Symbol.dispose]();
  watchdog.watch(60_000, () => new Error("never")); // the sanitizer would find it
  assert(!watchdog.signal.aborted);
});

Deno.test("orAborted() is the work's end or the signal's, whichever comes first", async () => {
  const controller = new AbortController();
  assertEquals(await orAborted(Promise.resolve(5), controller.signal), 5);
  await assertRejects(
    () => orAborted(Promise.reject(new RangeError("x")), controller.signal),
    RangeError,
  );
  const waiting = orAborted(new Promise(() => {}), controller.signal);
  controller.abort(new RangeError("left"));
  await assertRejects(() => waiting, RangeError, "left");
  await assertRejects(() => orAborted(Promise.resolve(5), controller.signal), RangeError, "left");
});

Deno.test("slots let so many in, the others in turn, and not those who have left", async () => {
  const slots = new ConnectionSlots(2);
  const [one, two] = [await slots.take(never), await slots.take(never)];
  const order: string[] = [];
  const leaving = new AbortController();
  const left = slots.take(leaving.signal).then(() => order.push("left"), () => order.push("gone"));
  const third = slots.take(never).then((give) => (order.push("third"), give));
  const fourth = slots.take(never).then((give) => (order.push("fourth"), give));
  leaving.abort(new Error("left"));
  await left;
  one();
  one(); // gives back one slot
  (await third)();
  (await fourth)();
  two();
  assertEquals(order, ["gone", "third", "fourth"]);
  const both = [await slots.take(never), await slots.take(never)];
  assertEquals(both.length, 2);
  await assertRejects(() => slots.take(AbortSignal.abort(new RangeError("x"))), RangeError);
});
