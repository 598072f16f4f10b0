import { assertEquals } from "@std/assert";
import { Expiry, type ExpiryOptions } from "../../src/proxy/expiry.ts";
import { blobPath, revisionLinkPath } from "../../src/registry/layout.ts";
import { readAll } from "../../src/async/byte_source.ts";
import { FilesystemDriver } from "../../src/storage/filesystem.ts";
import { name, pushBlob, pushImage, sha256, tag, utf8 } from "../support/content.ts";
import { eventually } from "../support/eventually.ts";
import { FetchedWorld } from "../support/fetched_world.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { indexOf } from "../support/content.ts";

const HOUR = 60 * 60 * 1000;

function expiry(world: FetchedWorld, options: Partial<ExpiryOptions> = {}): Expiry {
  return new Expiry({
    contents: world.contents,
    ttl: () => 10 * HOUR,
    shortestTtl: 10 * HOUR,
    isReachable: () => true,
    isBusy: () => false,
    clock: world.time,
    timers: world.time,
    logger: world.logger,
    metrics: world,
    ...options,
  });
}

Deno.test("an image goes when it was not used for its ttl, with what no other image names", async () => {
  const world = new FetchedWorld();
  const old = await world.fetch("hub/old", ["shared", "old"], ["v1"]);
  world.time.pass(6 * HOUR);
  await world.fetch("hub/new", ["shared", "new"], ["v1"]);
  world.time.pass(5 * HOUR);
  await expiry(world).look();
  assertEquals([await world.has(old), await world.hasLayer("old")], [false, false]);
  assertEquals([await world.hasLayer("shared"), await world.hasLayer("new")], [true, true]);
  const { tags } = world.repository("hub/old");
  assertEquals((await tags.list({ limit: 9, last: "" })).entries, []);
  assertEquals(world.evictions.map(({ reason, images }) => [reason, images]), [["ttl", 1]]);
  assertEquals(world.logger.lines.filter((line) => line.startsWith("error")), []);
});

Deno.test("the ttl runs from the last use, and is the one that is configured now", async () => {
  const world = new FetchedWorld();
  const digest = await world.fetch("hub/app", ["layer"]);
  world.time.pass(9 * HOUR);
  await world.use(name("hub/app"), digest);
  world.time.pass(9 * HOUR);
  await expiry(world).look();
  assertEquals(await world.has(digest), true);
  await expiry(world, { ttl: () => 0 }).look();
  await expiry(world, { ttl: () => undefined }).look();
  assertEquals(await world.has(digest), true);
  await expiry(world, { ttl: () => 8 * HOUR }).look();
  assertEquals(await world.has(digest), false);
});

Deno.test("the children of an index that is in use stay, as does an index of which a child is in use", async () => {
  const world = new FetchedWorld();
  const child = await world.fetch("hub/app", ["amd64"]);
  const { digest } = await world.repository("hub/app").manifests.put({
    ...indexOf([child]),
    tags: [tag("it")],
  });
  for (const used of [digest, child]) {
    world.time.pass(9 * HOUR);
    await world.use(name("hub/app"), used);
    await expiry(world).look();
    assertEquals([await world.has(digest), await world.hasLayer("amd64")], [true, true]);
  }
  world.time.pass(11 * HOUR);
  await expiry(world).look();
  assertEquals([await world.has(digest), await world.hasLayer("amd64")], [false, false]);
});

Deno.test("nothing goes while its upstream is down, is in use, was pushed, or was there before the cache", async () => {
  const world = new FetchedWorld();
  const fetched = await world.fetch("hub/app", ["fetched"]);
  const pushed = await pushImage(world.repository("hub/pushed"), ["pushed"]);
  await world.origins.claim(name("hub/pushed"));
  const older = await pushImage(world.repository("hub/older"), ["older"]);
  await world.fetch("hub/older", ["fetched into it"]);
  world.time.pass(100 * HOUR);
  await expiry(world, { isReachable: () => false }).look();
  await expiry(world, { isBusy: () => true }).look();
  assertEquals(await world.has(fetched), true);
  await expiry(world).look();
  assertEquals(
    [await world.has(fetched), await world.has(pushed), await world.has(older)],
    [false, true, true],
  );
});

Deno.test("a blob that no manifest names goes as an image does", async () => {
  const world = new FetchedWorld();
  await world.origins.noteFetched(name("hub/app"));
  await pushBlob(world.repository("hub/app"), "lone");
  world.time.pass(9 * HOUR);
  await expiry(world).look();
  assertEquals(await world.hasLayer("lone"), true);
  world.time.pass(2 * HOUR);
  await expiry(world).look();
  assertEquals(await world.hasLayer("lone"), false);
});

Deno.test("a pull that comes between the look and the end keeps its image", async () => {
  const world = new FetchedWorld();
  const digest = await world.fetch("hub/app", ["layer"]);
  world.time.pass(11 * HOUR);
  const { contents } = world;
  const forget = contents.forget.bind(contents);
  contents.forget = async (images, signal) => {
    await world.use(name("hub/app"), digest);
    return await forget(images, signal);
  };
  await expiry(world, { contents }).look();
  assertEquals([await world.has(digest), await world.hasLayer("layer")], [true, true]);
});

Deno.test("a repository that cannot be read is logged and left alone, and the others expire", async () => {
  const world = new FetchedWorld();
  const broken = await world.fetch("hub/broken", ["layer"]);
  const old = await world.fetch("hub/old", ["old"]);
  await world.tree.putContent(blobPath(broken), utf8("{}"));
  world.time.pass(11 * HOUR);
  await expiry(world).look();
  assertEquals([await world.hasLayer("layer"), await world.has(old)], [true, false]);
  assertEquals(world.logger.lines.filter((line) => line.includes("hub/broken")).length > 0, true);
});

Deno.test("start() looks at once and then again and again, until it is closed", async () => {
  const world = new FetchedWorld();
  const first = await world.fetch("hub/app", ["one"]);
  world.time.pass(11 * HOUR);
  const second = await world.fetch("hub/app", ["two"]);
  const running = expiry(world);
  running.start();
  await eventually("the first is gone", async () => !await world.has(first));
  await eventually("it waits", () => world.time.waiting > 0);
  world.time.pass(11 * HOUR);
  await eventually("the second is gone", async () => !await world.has(second));
  await running.close();
  assertEquals(world.time.waiting, 0);
});

for (const kind of ["memory", "filesystem"]) {
  Deno.test(`a read that is under way ends with the right bytes when its image expires (${kind})`, async () => {
    await using folder = await TempFolder.make();
    const driver = kind === "memory" ? undefined : new FilesystemDriver({ root: folder.path });
    const world = new FetchedWorld(driver);
    const text = "layer ".repeat(100_000);
    const digest = await world.fetch("hub/app", [text]);
    const { source } = await world.repository("hub/app").blobs.open(await sha256(text));
    world.time.pass(100 * 24 * 365 * HOUR); // later than the clock of any disk
    await expiry(world).look();
    assertEquals(await world.has(digest), false);
    assertEquals(new TextDecoder().decode(await readAll(source)), text);
    source.close();
    assertEquals(
      await world.tree.stat(revisionLinkPath(name("hub/app"), digest)).catch(() => "gone"),
      "gone",
    );
    await world.registry.close();
    await driver?.close();
  });
}
