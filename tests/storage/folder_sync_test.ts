import { assertEquals, assertRejects } from "@std/assert";
import { FolderSync } from "../../src/storage/folder_sync.ts";

/** Syncs that end when they are told to. */
function held(): { sync: FolderSync; running: PromiseWithResolvers<void>[] } {
  const running: PromiseWithResolvers<void>[] = [];
  const sync = new FolderSync(() => {
    const done = Promise.withResolvers<void>();
    running.push(done);
    return done.promise;
  });
  return { sync, running };
}

Deno.test("sync() never joins a sync that is running already", async () => {
  const { sync, running } = held();
  const first = sync.sync("/a");
  const second = sync.sync("/a");
  assertEquals(running.length, 2);
  for (const done of running) done.resolve();
  await Promise.all([first, second]);
});

Deno.test("who comes while four are running shares the next one", async () => {
  const { sync, running } = held();
  const early = Array.from({ length: 4 }, () => sync.sync("/a"));
  const late = Array.from({ length: 10 }, () => sync.sync("/a"));
  assertEquals(running.length, 4);
  running[2]!.resolve();
  await early[2];
  assertEquals(running.length, 5);
  let done = 0;
  for (const one of late) one.then(() => done++);
  for (const index of [0, 1, 3]) running[index]!.resolve();
  await Promise.all(early);
  assertEquals(done, 0); // theirs has begun but not ended
  running[4]!.resolve();
  await Promise.all(late);
  assertEquals(running.length, 5);
});

Deno.test("a failed sync fails those who shared it and no others", async () => {
  const { sync, running } = held();
  const early = Array.from({ length: 4 }, () => sync.sync("/a"));
  const late = [sync.sync("/a"), sync.sync("/a")];
  running[0]!.reject(new Error("EIO"));
  await assertRejects(() => early[0]!, Error, "EIO");
  assertEquals(running.length, 5);
  running[4]!.reject(new Error("EROFS"));
  for (const one of late) await assertRejects(() => one, Error, "EROFS");
  for (const done of running.slice(1, 4)) done.resolve();
  await Promise.all(early.slice(1));
});

Deno.test("folders don't wait for each other", async () => {
  const { sync, running } = held();
  const syncs = Array.from({ length: 8 }, (_, i) => sync.sync(`/${i}`));
  assertEquals(running.length, 8);
  for (const done of running) done.resolve();
  await Promise.all(syncs);
});
