import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { digestOf } from "../../src/oci/digest.ts";
import { RegistryError } from "../../src/oci/error.ts";
import { UpstreamError } from "../../src/proxy/upstream.ts";
import { FilesystemDriver } from "../../src/storage/filesystem.ts";
import { MemoryDriver } from "../../src/storage/memory.ts";
import { eventually } from "../support/eventually.ts";
import { FillWorld, KIB, MIB, noise, REPOSITORY, take, takeAll } from "../support/fill_world.ts";
import { TempFolder } from "../support/temp_folder.ts";

const HELD_BACK = 64 * KIB;

/** Borders of what is held back, of chunks that are shared, and of messages to the store. */
const SIZES = [
  ...[0, 1, HELD_BACK - 1, HELD_BACK, HELD_BACK + 1, 256 * KIB - 1, 256 * KIB, 256 * KIB + 1],
  ...[256 * KIB + HELD_BACK, MIB + 3],
];

for (const [title, algorithm] of [["sha256", "sha256"], ["sha512", "sha512"]] as const) {
  for (const size of SIZES) {
    Deno.test(`a blob of ${size} bytes by ${title} is given whole, from memory and from files`, async () => {
      await using folder = await TempFolder.make();
      for (const driver of [new MemoryDriver(), new FilesystemDriver({ root: folder.path })]) {
        await using world = await FillWorld.make(size, { driver, algorithm });
        world.upstream.piece = 50_000;
        const all = await Promise.all([1, 2, 3].map(async () => {
          const blob = await world.open();
          assertEquals(blob.size, size);
          return await takeAll(blob.source);
        }));
        for (const bytes of all) assertEquals(bytes, world.content);
        await world.fills.close();
        assertEquals(await world.kept(), world.content);
        assertEquals(world.upstream.gets.length, 1);
        assertEquals((await world.files()).filter((path) => path.includes("_uploads")), []);
      }
    });
  }
}

Deno.test("bytes are given as they come, but for the last 64 KiB", async () => {
  await using world = await FillWorld.make(4 * MIB, { allowed: MIB });
  const { source } = await world.open();
  const into = new Uint8Array(4 * MIB);
  let at = 0;
  const upTo = async (position: number) => {
    while (at < position) at += await source.read(into.subarray(at), at);
  };
  await upTo(MIB);
  assertEquals(at, MIB);
  assertEquals(source.readNow?.(new Uint8Array(10), at), undefined);
  world.upstream.allow(4 * MIB - 1);
  await upTo(4 * MIB - HELD_BACK);
  assertEquals(at, 4 * MIB - HELD_BACK);
  assertEquals(source.readNow?.(new Uint8Array(10), at), undefined);
  world.upstream.allow(4 * MIB);
  await upTo(4 * MIB);
  assertEquals(into, world.content);
  source.close();
});

Deno.test("a fill makes one line in the log", async () => {
  await using world = await FillWorld.make(MIB);
  const sources = await Promise.all([world.open(), world.open()]);
  await Promise.all(sources.map(({ source }) => takeAll(source)));
  await eventually("it is over", () => world.log.lines.length > 0);
  assertEquals(world.log.lines.length, 1);
  const [line = ""] = world.log.lines;
  assert(line.startsWith("info blob fetched "), line);
  assertEquals(JSON.parse(line.slice(line.indexOf("{"))), {
    ...{ upstream: "test.example", repository: REPOSITORY, digest: world.digest },
    ...{ bytes: MIB, duration: 0, sharers: 2 },
  });
  assertEquals(world.metrics, ["started", "joined", `ended kept ${MIB}`]);
});

Deno.test("wrong content is never complete, nor kept", async () => {
  for (const size of [1, HELD_BACK, HELD_BACK + 1, MIB]) {
    await using world = await FillWorld.make(size);
    world.upstream.sent = noise(size, 2);
    const readers = await Promise.all([1, 2, 3].map(() => world.open()));
    const all = await Promise.all([
      take(readers[0]!.source),
      take(readers[1]!.source),
      take(readers[2]!.source, size - 1),
    ]);
    for (const { bytes, error } of all) {
      assert(bytes.length <= Math.max(0, size - HELD_BACK), `${bytes.length} of ${size}`);
      assertInstanceOf(error, RegistryError);
      assertEquals(error.status, 502);
    }
    await world.fills.close();
    assertEquals(await world.files(), []);
    assert(world.log.lines[0]?.startsWith("warn blob not fetched"), world.log.lines[0]);
    assert(world.log.lines[0]?.includes("is something else"), world.log.lines[0]);
    assertEquals(world.metrics.at(-1), `ended lying ${size}`);
  }
});

Deno.test("an empty blob of which the digest is another's is refused", async () => {
  await using world = await FillWorld.make(0);
  const digest = await digestOf("sha256", noise(1));
  const failed = world.fills.open(world.upstream, REPOSITORY, REPOSITORY, digest);
  assertEquals((await assertRejects(() => failed, UpstreamError)).kind, "lying");
});

Deno.test("a body longer than announced is cut off, and not kept", async () => {
  await using world = await FillWorld.make(MIB);
  world.upstream.announced = MIB - 10;
  const { bytes, error } = await take((await world.open()).source);
  assert(bytes.length <= MIB - 10 - HELD_BACK);
  assertInstanceOf(error, RegistryError);
  await world.fills.close();
  assertEquals(await world.files(), []);
});

Deno.test("a body shorter than announced is asked for again, and then given up", async () => {
  await using world = await FillWorld.make(MIB);
  world.upstream.announced = MIB + 10;
  const reading = take((await world.open()).source);
  for (let tries = 1; tries <= 5; tries++) {
    await eventually("it waits", () => world.time.waiting === 1);
    world.time.pass(4_000);
    await eventually("it asked again", () => world.upstream.gets.length === tries + 1);
  }
  const { bytes, error } = await reading;
  assert(bytes.length <= MIB + 10 - HELD_BACK);
  assertInstanceOf(error, RegistryError);
  assertEquals(world.upstream.gets.map(({ start }) => start), [0, MIB, MIB, MIB, MIB, MIB]);
  await world.fills.close();
  assertEquals(await world.files(), []);
});

Deno.test("an interrupted transfer goes on from where it was, and clients see a pause", async () => {
  await using world = await FillWorld.make(3 * MIB);
  world.upstream.cuts = [MIB, MIB, 2 * MIB + 7];
  world.upstream.refusals = [undefined, undefined, world.upstream.error("unreachable")];
  const { source } = await world.open();
  const reading = takeAll(source);
  for (const [waits, gets] of [[250, 2], [500, 3], [1000, 4]] as const) {
    await eventually("it waits", () => world.time.waiting === 1);
    world.time.pass(waits - 1);
    assertEquals(world.upstream.gets.length, gets - 1);
    world.time.pass(1);
    await eventually("it asks again", () => world.upstream.gets.length === gets);
  }
  assertEquals(await reading, world.content);
  assertEquals(world.upstream.gets.map(({ start }) => start), [0, MIB, MIB, MIB]);
});

Deno.test("a transfer that gets on has all its tries again", async () => {
  await using world = await FillWorld.make(16 * MIB);
  const cuts = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((n) => n * MIB + 1);
  world.upstream.cuts = [...cuts];
  const reading = takeAll((await world.open()).source);
  for (let gets = 1; gets <= cuts.length; gets++) {
    await eventually("it waits", () => world.time.waiting === 1);
    world.time.pass(250);
    await eventually("it asks again", () => world.upstream.gets.length === gets + 1);
  }
  assertEquals(await reading, world.content);
});

Deno.test("an upstream that has another size when it is asked again is lying", async () => {
  await using world = await FillWorld.make(2 * MIB);
  world.upstream.cuts = [MIB];
  const reading = take((await world.open()).source);
  await eventually("it waits", () => world.time.waiting === 1);
  world.upstream.announced = 2 * MIB + 1;
  world.time.pass(250);
  assertInstanceOf((await reading).error, RegistryError);
  await world.fills.close();
  assertEquals(world.metrics.at(-1), `ended lying ${MIB}`);
});

Deno.test("why upstream refuses is told before a byte is promised", async () => {
  for (const kind of ["unreachable", "timeout", "failing", "limited", "denied"] as const) {
    await using world = await FillWorld.make(MIB);
    world.upstream.refusals = [world.upstream.error(kind)];
    const both = await Promise.allSettled([world.open(), world.open()]);
    for (const result of both) {
      assert(result.status === "rejected");
      assertInstanceOf(result.reason, UpstreamError);
      assertEquals(result.reason.kind, kind);
    }
    assertEquals(world.upstream.gets.length, 1);
    assertEquals(await world.files(), []);
    assertEquals(await takeAll((await world.open()).source), world.content); // the next one asks anew
  }
});

Deno.test("what upstream does not have is unknown, and leaves nothing", async () => {
  await using world = await FillWorld.make(MIB);
  world.upstream.refusals = ["absent"];
  const error = await assertRejects(() => world.open(), RegistryError);
  assertEquals(error.code, "BLOB_UNKNOWN");
  assertEquals(await world.files(), []);
});

Deno.test("without a length in the answer the size is that of the manifest, or of a HEAD", async () => {
  await using world = await FillWorld.make(MIB);
  world.upstream.announced = undefined;
  assertEquals(await takeAll((await world.open({ size: MIB })).source), world.content);
  assertEquals(world.upstream.sizesAsked, []);
  await using other = await FillWorld.make(MIB);
  other.upstream.announced = undefined;
  assertEquals(await takeAll((await other.open()).source), other.content);
  assertEquals(other.upstream.sizesAsked.length, 1);
});

Deno.test("a blob of which nobody knows the size is given when all of it is here", async () => {
  await using world = await FillWorld.make(MIB, { allowed: MIB - 1 });
  world.upstream.announced = world.upstream.headSize = undefined;
  let isOpen = false;
  const opening = world.open().then((blob) => {
    isOpen = true;
    return blob;
  });
  await eventually("upstream has sent what it may", () => world.upstream.given === MIB - 1);
  assertEquals(isOpen, false);
  world.upstream.allow(MIB);
  const blob = await opening;
  assertEquals(blob.size, MIB);
  assertEquals(await takeAll(blob.source), world.content);
});

Deno.test("a fill that ended just before is not made again", async () => {
  await using world = await FillWorld.make(MIB);
  await takeAll((await world.open()).source);
  await eventually("it is kept", async () => await world.kept() !== undefined);
  assertEquals(await takeAll((await world.open()).source), world.content);
  assertEquals(world.upstream.gets.length, 1);
});
