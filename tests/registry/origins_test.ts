import { assert, assertEquals } from "@std/assert";
import { originPath } from "../../src/registry/layout.ts";
import { Origins } from "../../src/registry/origins.ts";
import { MemoryDriver } from "../../src/storage/memory.ts";
import { freshRegistry } from "../support/collecting.ts";
import { name, pushImage } from "../support/content.ts";
import { InterposedDriver } from "../support/interposed_driver.ts";
import { ManualTime } from "../support/manual_time.ts";

const R = name("team/app");

Deno.test("claim() makes a repository local for good, also for a server that starts later", async () => {
  const driver = new MemoryDriver();
  const origins = new Origins(driver, new ManualTime());
  assertEquals(await origins.isLocal(R), false);
  assertEquals(await origins.claim(R), true);
  assertEquals(await origins.isLocal(R), true);
  await origins.noteFetched(R);
  assertEquals(await new Origins(driver, new ManualTime()).isFetched(R), false);
  assertEquals(await new Origins(driver, new ManualTime()).isLocal(R), true);
});

Deno.test("claim() is refused while the repository holds what was fetched, and not when all of it is gone", async () => {
  const driver = new MemoryDriver();
  const origins = new Origins(driver, new ManualTime());
  await origins.noteFetched(R);
  const { manifests } = freshRegistry(driver).repository(R);
  const digest = await pushImage(freshRegistry(driver).repository(R), ["layer"]);
  assertEquals([await origins.isFetched(R), await origins.claim(R)], [true, false]);
  await manifests.delete({ kind: "digest", digest });
  assertEquals([await origins.claim(R), await origins.isFetched(R)], [true, false]);
});

Deno.test("a repository that was there before any mark is neither: nothing of it is evicted", async () => {
  const driver = new MemoryDriver();
  const origins = new Origins(driver, new ManualTime());
  await pushImage(freshRegistry(driver).repository(R), ["layer"]);
  await origins.noteFetched(R);
  assertEquals([await origins.isFetched(R), await origins.isLocal(R)], [false, false]);
  await origins.adopt(R); // the state of registry:2 tells that it was fetched
  assertEquals(await origins.isFetched(R), true);
});

Deno.test("of a push and a fetch that meet in two servers, the push wins, wherever they meet", async () => {
  for (let step = 0, steps = 1; step < steps; step++) {
    const memory = new MemoryDriver();
    const time = new ManualTime();
    let claimed = false;
    const driver = new InterposedDriver(memory, async (_operation, _path, number) => {
      if (number === step) claimed = await new Origins(memory, time).claim(R);
    });
    await new Origins(driver, time).noteFetched(R);
    steps = driver.count;
    assert(claimed);
    const later = new Origins(memory, time);
    assertEquals([await later.isLocal(R), await later.isFetched(R)], [true, false]);
  }
});

Deno.test("isLocal() asks the disk at most once a second", async () => {
  const memory = new MemoryDriver();
  const time = new ManualTime();
  const driver = new InterposedDriver(memory, () => Promise.resolve());
  const origins = new Origins(driver, time);
  await origins.isLocal(R);
  const { count } = driver;
  for (let i = 0; i < 10; i++) await origins.isLocal(R);
  assertEquals(driver.count, count);
  await memory.putContent(originPath(R, "pushed"), new Uint8Array([49])); // another server
  time.pass(1000);
  assertEquals(await origins.isLocal(R), true);
});
