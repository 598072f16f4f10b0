import { assert, assertEquals } from "@std/assert";
import { Eviction, type EvictionOptions } from "../../src/proxy/eviction.ts";
import { Forgetting } from "../../src/proxy/forget.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { blobPath } from "../../src/registry/layout.ts";
import { name, pushImage, tag, utf8 } from "../support/content.ts";
import { eventually } from "../support/eventually.ts";
import { FetchedWorld } from "../support/fetched_world.ts";

const MINUTE = 60_000;
const KIB = 1024;

/** A layer of so many KiB. */
function layer(kib: number, seed: string): string {
  return `${seed} `.repeat(kib * KIB).slice(0, kib * KIB);
}

function eviction(world: FetchedWorld, options: Partial<EvictionOptions> = {}): Eviction {
  return new Eviction({
    contents: world.contents,
    maxsize: undefined,
    minfreespace: undefined,
    freeSpace: () => Promise.resolve(undefined),
    isBusy: () => false,
    clock: world.time,
    timers: world.time,
    logger: world.logger,
    metrics: world,
    ...options,
  });
}

/** Images of 100 KiB, each fetched a minute after the one before. */
async function fetchMany(world: FetchedWorld, count: number, extra: readonly string[] = []) {
  const digests = [];
  for (let i = 0; i < count; i++) {
    digests.push(await world.fetch(`hub/app${i}`, [layer(100, `image ${i}`), ...extra], ["it"]));
    world.time.pass(MINUTE);
  }
  return digests;
}

async function left(world: FetchedWorld, count: number): Promise<number[]> {
  const found = [];
  for (let i = 0; i < count; i++) {
    if (await world.hasLayer(layer(100, `image ${i}`))) found.push(i);
  }
  return found;
}

Deno.test("a cache beyond its maxsize evicts the least recently used images down to 90 %", async () => {
  const world = new FetchedWorld();
  const digests = await fetchMany(world, 10);
  await world.use(name("hub/app0"), digests[0] as Digest);
  assertEquals(await eviction(world, { maxsize: 800 * KIB }).check(), true);
  assertEquals(await left(world, 10), [0, 4, 5, 6, 7, 8, 9]);
  assert(world.bytes <= 720 * KIB, `${world.bytes}`);
  assertEquals(world.evictions.map(({ reason, images }) => [reason, images]), [["maxsize", 3]]);
  assert((world.evictions[0]?.bytes ?? 0) > 300 * KIB);
});

Deno.test("a cache within its limits loses nothing", async () => {
  const world = new FetchedWorld();
  await fetchMany(world, 3);
  assertEquals(await eviction(world, { maxsize: 400 * KIB }).check(), true);
  assertEquals(await left(world, 3), [0, 1, 2]);
  assert(world.bytes > 300 * KIB && world.bytes < 310 * KIB);
});

Deno.test("shared layers count once, and go with the last image that names them", async () => {
  const world = new FetchedWorld();
  const shared = layer(500, "shared");
  await fetchMany(world, 4, [shared]);
  await eviction(world, { maxsize: 1000 * KIB }).check();
  assertEquals(await left(world, 4), [0, 1, 2, 3]);
  await eviction(world, { maxsize: 800 * KIB }).check();
  assertEquals(await left(world, 4), [2, 3]);
  assertEquals(await world.hasLayer(shared), true);
  await eviction(world, { maxsize: 10 * KIB }).check();
  assertEquals([await left(world, 4), await world.hasLayer(shared)], [[], false]);
});

Deno.test("pushed content is neither counted nor evicted, nor are layers that it shares with what is cached", async () => {
  const world = new FetchedWorld();
  const shared = layer(500, "shared");
  await world.origins.claim(name("team/app"));
  const pushed = await pushImage(world.repository("team/app"), [shared], ["it"]);
  await fetchMany(world, 2, [shared]);
  await eviction(world, { maxsize: 1 }).check();
  assertEquals(await left(world, 2), []);
  assertEquals([await world.has(pushed), await world.hasLayer(shared)], [true, true]);
  const { blobs } = world.repository("team/app");
  assertEquals((await blobs.stat(await world.digestOf(shared))).size, shared.length);
});

Deno.test("what is read or filled stays, however long ago it was used before", async () => {
  const world = new FetchedWorld();
  await fetchMany(world, 4);
  const busy = new Set(["hub/app0", "hub/app2"]);
  await eviction(world, { maxsize: 250 * KIB, isBusy: ({ repository }) => busy.has(repository) })
    .check();
  assertEquals(await left(world, 4), [0, 2]);
});

Deno.test("what cannot be freed is warned of, and not tried again for a minute", async () => {
  const world = new FetchedWorld();
  await fetchMany(world, 2);
  const { contents } = world;
  let counts = 0;
  const kept = contents.kept.bind(contents);
  contents.kept = (signal) => {
    counts++;
    return kept(signal);
  };
  const one = eviction(world, { contents, maxsize: KIB, isBusy: () => true });
  assertEquals([await one.check(), await one.check(), await one.check()], [false, false, false]);
  assertEquals(counts, 2);
  assertEquals(world.logger.lines.filter((line) => line.startsWith("warn")).length, 1);
  world.time.pass(MINUTE);
  await one.check();
  assertEquals(counts, 3);
});

Deno.test("a disk with too little room is given back the minimum and a tenth", async () => {
  const world = new FetchedWorld();
  await fetchMany(world, 10);
  const freeSpace = async () => 50 * KIB + (10 - (await left(world, 10)).length) * 100 * KIB;
  await eviction(world, { minfreespace: 200 * KIB, freeSpace }).check();
  assertEquals((await left(world, 10)).length, 8);
  assertEquals(world.evictions.map(({ reason }) => reason), ["minfreespace"]);
});

Deno.test("makeRoom() evicts for what is to come, and says when there is no room for it", async () => {
  const world = new FetchedWorld();
  await fetchMany(world, 5);
  const one = eviction(world, { maxsize: 600 * KIB });
  await one.check();
  assertEquals(await one.makeRoom(50 * KIB), true);
  assertEquals((await left(world, 5)).length, 5);
  assertEquals(await one.makeRoom(300 * KIB), true);
  assertEquals(await left(world, 5), [3, 4]);
  assertEquals(await one.makeRoom(700 * KIB), false);
  assertEquals(await left(world, 5), [3, 4]);
});

Deno.test("the size is counted at start, grows with what is fetched, and evicts when it is too much", async () => {
  const world = new FetchedWorld();
  await fetchMany(world, 3);
  const one = eviction(world, { maxsize: 350 * KIB });
  one.start();
  await eventually("it is counted", () => one.size !== undefined);
  world.time.pass(MINUTE);
  await world.fetch("hub/app3", [layer(100, "image 3")]);
  one.added(100 * KIB);
  await eventually("one is gone", async () => (await left(world, 4)).length < 4);
  await one.check();
  await one.close();
  assertEquals(await left(world, 4), [1, 2, 3]);
  // A server that starts later comes to the same size.
  const later = eviction(world, { maxsize: 350 * KIB });
  await later.check();
  assertEquals(later.size, one.size);
  assertEquals(world.time.waiting, 0);
});

Deno.test("a repository that cannot be read is warned of, and the others make room", async () => {
  const world = new FetchedWorld();
  const [first] = await fetchMany(world, 3);
  await world.tree.putContent(blobPath(first as Digest), utf8("{}"));
  await eviction(world, { maxsize: 150 * KIB }).check();
  assertEquals(await left(world, 3), [0, 2]);
  assertEquals(world.logger.lines.some((line) => line.includes("hub/app0")), true);
});

Deno.test("close() ends an eviction in its midst, and leaves a whole tree", async () => {
  const world = new FetchedWorld();
  await fetchMany(world, 6);
  const { contents } = world;
  const forget = contents.forget.bind(contents);
  const one = eviction(world, { contents, maxsize: KIB });
  let closed: Promise<void> | undefined;
  contents.forget = (images, signal) => {
    closed = one.close();
    return forget(images, signal);
  };
  assertEquals(await one.check(), false);
  await closed;
  assertEquals(await left(world, 6), [0, 1, 2, 3, 4, 5]);
  assertEquals(world.logger.lines.filter((line) => line.startsWith("error")), []);
});

Deno.test("forget() of a tag takes its image, unless another tag names it, and of a digest in any case", async () => {
  const world = new FetchedWorld();
  const digest = await world.fetch("hub/app", ["layer"], ["one", "two"]);
  const forgetting = new Forgetting(world.contents, world.logger);
  const local = world.repository("hub/app");
  await forgetting.forget(local, { kind: "tag", tag: tag("one") });
  await forgetting.idle();
  assertEquals([await world.has(digest), await world.hasLayer("layer")], [true, true]);
  await forgetting.forget(local, { kind: "tag", tag: tag("two") });
  await forgetting.idle();
  assertEquals([await world.has(digest), await world.hasLayer("layer")], [false, false]);
  const again = await world.fetch("hub/app", ["layer"], ["one"]);
  await forgetting.forget(world.repository("hub/app"), { kind: "digest", digest: again });
  await forgetting.idle();
  assertEquals([await world.has(again), await world.hasLayer("layer")], [false, false]);
});
