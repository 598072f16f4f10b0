import { assert, assertEquals, assertInstanceOf, assertMatch } from "@std/assert";
import { RegistryError } from "../../src/oci/error.ts";
import type { CacheStore } from "../../src/proxy/cache_store.ts";
import { StorageError } from "../../src/storage/driver.ts";
import { FilesystemDriver } from "../../src/storage/filesystem.ts";
import { eventually } from "../support/eventually.ts";
import { FillWorld, KIB, MIB, noise, take, takeAll } from "../support/fill_world.ts";
import { TempFolder } from "../support/temp_folder.ts";

const FAULTY_WORKER = new URL("../storage/faulty_store_worker.ts", import.meta.url);

/** A driver of which the disk fails as the name of the repository says (faulty_store_worker.ts). */
async function withFailingDisk(
  size: number,
  run: (world: FillWorld) => Promise<void>,
  allowed?: number,
): Promise<void> {
  await using folder = await TempFolder.make();
  const driver = new FilesystemDriver({ root: folder.path, workerUrl: FAULTY_WORKER });
  await using world = await FillWorld.make(size, {
    driver,
    ...(allowed !== undefined && { allowed }),
  });
  await run(world);
}

function full(): never {
  throw new StorageError("test", "write", "/x", "ENOSPC", undefined);
}

for (const fault of ["write.1.enospc", "write.9.enospc", "syncData.1.eio", "sync.1.enospc"]) {
  Deno.test(`a disk that fails at ${fault} costs no client its blob`, () =>
    withFailingDisk(20 * MIB, async (world) => {
      const kept = `fail.${fault.toLowerCase()}/app`;
      const opened = await Promise.all([1, 2, 3].map(() => world.open({ kept })));
      const all = await Promise.all(opened.map(({ source }) => takeAll(source)));
      for (const bytes of all) assertEquals(bytes, world.content);
      await eventually("it is over", () => world.log.lines.length > 0);
      assert(world.metrics.some((line) => line.startsWith("ended ")), world.metrics.join());
      assertEquals((await world.files()).filter((path) => path.includes("_uploads")), []);
    }));
}

Deno.test("a full disk makes a relay, and a line in the log with the reason", () =>
  withFailingDisk(8 * MIB, async (world) => {
    const kept = "fail.write.9.enospc/app";
    assertEquals(await takeAll((await world.open({ kept })).source), world.content);
    await eventually("it is over", () => world.log.lines.length > 0);
    const [line = ""] = world.log.lines;
    assert(line.startsWith("warn blob passed on without being kept "), line);
    assert(line.includes("ENOSPC"), line);
    assertEquals(world.metrics, ["started", "relayed", `ended relayed ${8 * MIB}`]);
    assertEquals(await world.files(), []);
    const [, again] = world.upstream.gets;
    assertEquals(world.upstream.gets.length, 2);
    assert(again && again.start > 0 && again.start < 8 * MIB, `${again?.start}`);
  }));

Deno.test("a newcomer to a relay gets a transfer of its own", () =>
  withFailingDisk(8 * MIB, async (world) => {
    const kept = "fail.write.9.enospc/app";
    const first = await world.open({ kept });
    await eventually("it is a relay", () => world.metrics.includes("relayed"));
    const second = await world.open({ kept });
    world.upstream.allow(Infinity);
    const [a, b] = await Promise.all([takeAll(first.source), takeAll(second.source)]);
    assertEquals(a, world.content);
    assertEquals(b, world.content);
    assertEquals(world.metrics.filter((line) => line === "started").length, 2);
  }, 5 * MIB));

/** A store that has no room from the start. */
const noRoom = (inner: CacheStore): CacheStore => ({
  begin: () => Promise.reject(new StorageError("test", "write", "/x", "ENOSPC", undefined)),
  keepManifest: (...args) => inner.keepManifest(...args),
  keepTag: (...args) => inner.keepTag(...args),
  tag: (...args) => inner.tag(...args),
  refreshTag: (...args) => inner.refreshTag(...args),
  forgetTag: (...args) => inner.forgetTag(...args),
});

Deno.test("where nothing can be begun, one GET is passed on", async () => {
  for (const size of [1, 64 * KIB, 20 * MIB]) {
    await using world = await FillWorld.make(size, { store: noRoom });
    const opened = await Promise.all([1, 2, 3].map(() => world.open()));
    for (const bytes of await Promise.all(opened.map(({ source }) => takeAll(source)))) {
      assertEquals(bytes, world.content);
    }
    assertEquals(world.upstream.gets.length, 1);
    assertEquals(await world.files(), []);
  }
});

Deno.test("a relay waits for its slowest reader, and holds little", async () => {
  await using world = await FillWorld.make(60 * MIB, { store: noRoom });
  const [slow, fast] = await Promise.all([world.open(), world.open()]);
  const reading = takeAll(fast.source);
  await eventually("it is held up", () => world.upstream.given > 7 * MIB);
  for (let n = 0; n < 20; n++) await onceAround();
  assert(world.upstream.given < 9 * MIB, `${world.upstream.given}`);
  assertEquals(await takeAll(slow.source), world.content);
  assertEquals(await reading, world.content);
});

Deno.test("a slow reader that leaves sets the others free", async () => {
  await using world = await FillWorld.make(60 * MIB, { store: noRoom });
  const [slow, fast] = await Promise.all([world.open(), world.open()]);
  const reading = takeAll(fast.source);
  await eventually("it is held up", () => world.upstream.given > 7 * MIB);
  slow.source.close();
  assertEquals(await reading, world.content);
});

Deno.test("a relay that everybody leaves is given up", async () => {
  await using world = await FillWorld.make(60 * MIB, { store: noRoom });
  const { source } = await world.open();
  await source.read(new Uint8Array(1), 0);
  source.close();
  await eventually("upstream is left", () => world.upstream.open === 0);
  await eventually("it is over", () => world.metrics.some((line) => line.startsWith("ended")));
});

Deno.test("a relay completes no wrong content", async () => {
  for (const size of [1, 64 * KIB, MIB]) {
    await using world = await FillWorld.make(size, { store: noRoom });
    world.upstream.sent = noise(size, 2);
    const { bytes, error } = await take((await world.open()).source);
    assert(bytes.length <= Math.max(0, size - 64 * KIB));
    assertInstanceOf(error, RegistryError);
  }
});

Deno.test("a relay of which the beginning was wrong completes nothing either", () =>
  withFailingDisk(8 * MIB, async (world) => {
    const wrong = world.content.slice();
    wrong[10] = (wrong[10] ?? 0) ^ 1;
    world.upstream.sent = wrong;
    const { bytes, error } = await take(
      (await world.open({ kept: "fail.write.9.enospc/app" })).source,
    );
    assert(bytes.length <= 8 * MIB - 64 * KIB);
    assertInstanceOf(error, RegistryError);
  }));

Deno.test("a blob that is all there but cannot be linked is given whole all the same", async () => {
  const cannotLink = (inner: CacheStore): CacheStore => ({
    ...noRoom(inner),
    begin: async (...args) => {
      const target = await inner.begin(...args);
      return {
        write: (chunk) => target.write(chunk),
        get written() {
          return target.written;
        },
        open: () => target.open(),
        commit: async (onVerified) => {
          await target.commit(onVerified);
          full();
        },
        abort: () => target.abort(),
      };
    },
  });
  await using world = await FillWorld.make(MIB, { store: cannotLink });
  assertEquals(await takeAll((await world.open()).source), world.content);
  await eventually("it is told", () => world.log.lines.length > 0);
  assertMatch(world.metrics.at(-1) ?? "", /^ended (relayed|failed) /); // it may find nobody there any more
  assert(world.log.lines[0]?.includes("ENOSPC"), world.log.lines[0]);
});

function onceAround(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
