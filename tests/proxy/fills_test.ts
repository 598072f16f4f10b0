import { assert, assertEquals, assertRejects } from "@std/assert";
import { RegistryError } from "../../src/oci/error.ts";
import { UpstreamError } from "../../src/proxy/upstream.ts";
import { eventually } from "../support/eventually.ts";
import { FillWorld, KIB, MIB, take, takeAll } from "../support/fill_world.ts";

Deno.test("fifty clients make one GET, and all of them get all bytes", async () => {
  await using world = await FillWorld.make(8 * MIB);
  const all = await Promise.all(
    Array.from({ length: 50 }, async () => takeAll((await world.open()).source)),
  );
  for (const bytes of all) assertEquals(bytes, world.content);
  assertEquals(world.upstream.gets.length, 1);
  assertEquals(world.upstream.given, 8 * MIB);
});

Deno.test("fills of one digest in two repositories have nothing to do with each other", async () => {
  await using world = await FillWorld.make(MIB, { allowed: 0 });
  const ours = world.open();
  const { source } = await ours;
  world.upstream.refusals = [world.upstream.error("denied")];
  const theirs = await assertRejects(() => world.open({ kept: "other/private" }), UpstreamError);
  assertEquals(theirs.kind, "denied");
  world.upstream.allow(MIB);
  assertEquals(await takeAll(source), world.content);
  await eventually("it is kept", async () => await world.kept() !== undefined);
  assertEquals(await world.kept("other/private"), undefined);
  world.upstream.refusals = ["absent"];
  await assertRejects(() => world.open({ kept: "other/private" }), RegistryError);
});

Deno.test("two fills of one digest in two repositories both keep it", async () => {
  await using world = await FillWorld.make(MIB);
  const opened = await Promise.all([world.open(), world.open({ kept: "other/app" })]);
  for (const { source } of opened) assertEquals(await takeAll(source), world.content);
  await eventually(
    "both are kept",
    async () => await world.kept() !== undefined && await world.kept("other/app") !== undefined,
  );
  assertEquals(world.upstream.gets.length, 2);
});

Deno.test("a client that leaves takes nothing from those who stay", async () => {
  await using world = await FillWorld.make(64 * MIB, { allowed: MIB });
  const sources = await Promise.all(Array.from({ length: 50 }, () => world.open()));
  const last = sources.pop();
  for (const { source } of sources) {
    await source.read(new Uint8Array(1000), 0);
    source.close();
  }
  assert(last);
  const reading = takeAll(last.source);
  world.upstream.allow(Infinity);
  assertEquals(await reading, world.content);
  assertEquals(world.upstream.gets.length, 1);
});

Deno.test("a fill that nobody waits for ends when half is there, or little is left", async () => {
  for (const [size, there] of [[80, 41], [100, 69], [32, 0]] as const) {
    await using world = await FillWorld.make(size * MIB, { allowed: there * MIB });
    const { source } = await world.open();
    if (there > 0) await source.read(new Uint8Array(1), there * MIB - 1);
    source.close();
    assertEquals(world.time.waiting, 0);
    world.upstream.allow(Infinity);
    await eventually("it is kept", () => world.metrics.includes(`ended kept ${size * MIB}`));
    assertEquals(world.upstream.gets.length, 1);
  }
});

Deno.test("a fill that nobody waits for stops reading for 10 s, and goes on when somebody comes", async () => {
  await using world = await FillWorld.make(80 * MIB, { allowed: MIB });
  const first = await world.open();
  await first.source.read(new Uint8Array(1), MIB - 1);
  first.source.close();
  world.upstream.allow(Infinity);
  await onceAround();
  assert(world.upstream.given <= 2 * MIB);
  assertEquals(world.upstream.open, 1);
  world.time.pass(9_999);
  const second = await world.open();
  assertEquals(await takeAll(second.source), world.content);
  assertEquals(world.upstream.gets.length, 1);
});

Deno.test("after those 10 s upstream is left, and the part is kept for 10 min", async () => {
  await using world = await FillWorld.make(80 * MIB, { allowed: 3 * MIB });
  const first = await world.open();
  await first.source.read(new Uint8Array(1), 3 * MIB - 1);
  first.source.close();
  world.time.pass(10_000);
  await eventually("upstream is left", () => world.upstream.open === 0);
  world.time.pass(599_999);
  world.upstream.allow(Infinity);
  assertEquals(await takeAll((await world.open()).source), world.content);
  assertEquals(world.upstream.gets.map(({ start }) => start), [0, 3 * MIB]);
});

Deno.test("a part that nobody comes back to is gone after 10 min", async () => {
  await using world = await FillWorld.make(80 * MIB, { allowed: 3 * MIB });
  const first = await world.open();
  await first.source.read(new Uint8Array(1), 3 * MIB - 1);
  first.source.close();
  world.time.pass(10_000);
  await eventually("upstream is left", () => world.upstream.open === 0);
  assertEquals((await world.files()).length, 2);
  await eventually("it rests", () => world.time.waiting === 1);
  world.time.pass(600_000);
  await eventually("nothing is left", async () => (await world.files()).length === 0);
  assertEquals(world.metrics.at(-1), `ended abandoned ${3 * MIB}`);
  world.upstream.allow(Infinity);
  assertEquals(await takeAll((await world.open()).source), world.content);
  assertEquals(world.upstream.gets.map(({ start }) => start), [0, 0]);
});

Deno.test("whoever comes back to a part hears why upstream does not go on", async () => {
  await using world = await FillWorld.make(80 * MIB, { allowed: 3 * MIB });
  const first = await world.open();
  await first.source.read(new Uint8Array(1), 3 * MIB - 1);
  first.source.close();
  world.time.pass(10_000);
  await eventually("it rests", () => world.time.waiting === 1 && world.upstream.open === 0);
  world.upstream.refusals = [world.upstream.error("limited")];
  const both = await Promise.allSettled([world.open(), world.open()]);
  for (const result of both) {
    assert(result.status === "rejected");
    assertEquals((result.reason as UpstreamError).kind, "limited");
  }
  await eventually("nothing is left", async () => (await world.files()).length === 0);
});

Deno.test("a client may leave before upstream has answered", async () => {
  await using world = await FillWorld.make(40 * MIB, { allowed: 0 });
  world.upstream.announced = world.upstream.headSize = undefined;
  const leaving = new AbortController();
  const opening = world.open({ signal: leaving.signal });
  await eventually("upstream is asked", () => world.upstream.open === 1);
  leaving.abort(new Error("gone"));
  await assertRejects(() => opening, Error, "gone");
  world.time.pass(10_000);
  await eventually("upstream is left", () => world.upstream.open === 0);
  await eventually("nothing is left", async () => (await world.files()).length === 0);
});

Deno.test("a range far ahead is fetched apart, and not kept", async () => {
  await using world = await FillWorld.make(80 * MIB, { allowed: MIB });
  const fill = await world.open();
  await fill.source.read(new Uint8Array(1), MIB - 1);
  const side = await world.open();
  const start = 79 * MIB;
  const reading = take(side.source, start, start + 500 * KIB);
  await eventually("a second GET", () => world.upstream.gets.length === 2);
  world.upstream.allow(Infinity);
  const { bytes, error } = await reading;
  assertEquals(error, undefined);
  assertEquals(bytes, world.content.slice(start, start + 500 * KIB));
  const [, get] = world.upstream.gets;
  assertEquals([get?.start, get?.end], [start, start + 500 * KIB]);
  assertEquals(await takeAll(fill.source), world.content);
});

Deno.test("a range that is near waits for the fill, and so does one too many", async () => {
  await using world = await FillWorld.make(80 * MIB, { allowed: MIB });
  const fill = await world.open();
  await fill.source.read(new Uint8Array(1), MIB - 1);
  const near = take((await world.open()).source, 33 * MIB - 1, 34 * MIB);
  const far = [];
  for (let n = 0; n < 6; n++) far.push(take((await world.open()).source, 79 * MIB, 80 * MIB));
  await eventually("four are fetched apart", () => world.upstream.gets.length === 5);
  world.upstream.allow(Infinity);
  assertEquals((await near).bytes, world.content.slice(33 * MIB - 1, 34 * MIB));
  for (const one of far) assertEquals((await one).bytes, world.content.slice(79 * MIB));
  assertEquals(world.upstream.gets.length, 5);
  fill.source.close();
});

Deno.test("a range that cannot be fetched apart waits for the fill", async () => {
  await using world = await FillWorld.make(80 * MIB, { allowed: MIB });
  const fill = await world.open();
  await fill.source.read(new Uint8Array(1), MIB - 1);
  world.upstream.refusals = [world.upstream.error("limited")];
  const refused = take((await world.open()).source, 70 * MIB, 71 * MIB);
  await eventually("it was asked for", () => world.upstream.gets.length === 2);
  world.upstream.cuts = [72 * MIB + 5];
  const broken = take((await world.open()).source, 72 * MIB, 73 * MIB);
  await eventually("and so was the next", () => world.upstream.gets.length === 3);
  world.upstream.allow(Infinity);
  assertEquals((await refused).bytes, world.content.slice(70 * MIB, 71 * MIB));
  assertEquals((await broken).bytes, world.content.slice(72 * MIB, 73 * MIB));
  fill.source.close();
});

Deno.test("when it closes, what runs is cut and leaves nothing half", async () => {
  const world = await FillWorld.make(8 * MIB, { allowed: 3 * MIB });
  const reading = take((await world.open()).source);
  const parked = await world.open({ kept: "other/app" });
  parked.source.close();
  await eventually("both fetch", () => world.upstream.open === 2);
  await world.fills.close();
  assertEquals((await reading).bytes, world.content.slice(0, (await reading).bytes.length));
  assert((await reading).error instanceof RegistryError);
  assertEquals(await world.files(), []);
  assertEquals(world.upstream.open, 0);
  assertEquals(world.time.waiting, 0);
  const late = await assertRejects(() => world.open(), RegistryError);
  assertEquals(late.status, 503);
  await world[Symbol.asyncDispose]();
});

function onceAround(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
