import { assertEquals, assertRejects } from "@std/assert";
import { KeyedLock } from "../../src/async/keyed_lock.ts";
import { KeyedMutex } from "../../src/async/keyed_mutex.ts";

/** Work that tells when it runs, and ends when it is told to. */
function work(log: string[], name: string) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const run = async () => {
    log.push(`${name} begins`);
    await promise;
    log.push(`${name} ends`);
  };
  return { run, end: resolve };
}

/** Lets everything that is ready go on. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

Deno.test("KeyedLock lets shared works run side by side, and an exclusive one after them and before later ones", async () => {
  const lock = new KeyedLock();
  const log: string[] = [];
  const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => work(log, name));
  if (!a || !b || !c || !d) throw new Error("four works");
  const all = [
    lock.shared("k", a.run),
    lock.shared("k", b.run),
    lock.exclusive("k", c.run),
    lock.shared("k", d.run),
    lock.exclusive("other", () => Promise.resolve(log.push("other"))),
  ];
  await settle();
  assertEquals(log.slice().sort(), ["a begins", "b begins", "other"]);
  for (const { end } of [a, b, c, d]) {
    end();
    await settle();
  }
  await Promise.all(all);
  assertEquals(log.slice(3), ["a ends", "b ends", "c begins", "c ends", "d begins", "d ends"]);
});

Deno.test("KeyedLock goes on after a work that failed", async () => {
  const lock = new KeyedLock();
  await assertRejects(
    () => lock.exclusive("k", () => Promise.reject(new Error("no"))),
    Error,
    "no",
  );
  await assertRejects(() => lock.shared("k", () => Promise.reject(new Error("no"))), Error, "no");
  assertEquals(await lock.exclusive("k", () => Promise.resolve(1)), 1);
});

Deno.test("KeyedMutex runs works of one key one after the other, also after a failure", async () => {
  const mutex = new KeyedMutex();
  const log: string[] = [];
  const first = work(log, "first");
  const runs = [
    mutex.run("k", first.run),
    mutex.run("k", () => Promise.reject(new Error("no"))),
    mutex.run("k", () => Promise.resolve(log.push("last"))),
  ];
  const failed = assertRejects(() => runs[1] ?? Promise.resolve(), Error, "no");
  await mutex.run("other", () => Promise.resolve(log.push("other")));
  first.end();
  await Promise.all([runs[0], failed, runs[2]]);
  assertEquals(log, ["first begins", "other", "first ends", "last"]);
});
