import { assert, assertEquals } from "@std/assert";
import { CacheWorld } from "../support/cache_world.ts";
import { imageOf, name, pushBlob, tag } from "../support/content.ts";
import { eventually } from "../support/eventually.ts";
import { makeImage } from "../support/images.ts";

const first = makeImage({ layers: [100], seed: 1 });
const second = makeImage({ layers: [100], seed: 2 });
const TAG = "/v2/library/app/manifests/1";
const HOUR = 3_600_000;

const digestOf = (image: typeof first) => image.manifest.descriptor.digest;

/** A world with an image pulled by tag, and all of it here when it is to be complete. */
async function pulled(tagfreshness = 0, isComplete = true): Promise<CacheWorld> {
  const world = new CacheWorld({ upstreams: [{ namespace: "", library: true, tagfreshness }] });
  world.hub.push("library/app", first, "1");
  assertEquals((await world.ask(TAG)).status, 200);
  for (const { descriptor } of isComplete ? first.blobs : []) {
    assertEquals((await world.ask(`/v2/library/app/blobs/${descriptor.digest}`)).status, 200);
  }
  world.hub.asked.length = 0;
  return world;
}

async function digestNow(world: CacheWorld): Promise<string | undefined> {
  return (await world.ask(TAG)).got("docker-content-digest");
}

Deno.test("upstream is asked for a tag each time, and for a manifest only when it is another one", async () => {
  const world = await pulled();
  for (let i = 0; i < 3; i++) assertEquals(await digestNow(world), digestOf(first));
  assertEquals(world.hub.asked, Array(3).fill("resolve library/app:1"));
  world.hub.push("library/app", second, "1");
  assertEquals(await digestNow(world), digestOf(second));
  assertEquals(world.hub.asked.slice(3), [
    "resolve library/app:1",
    `manifest library/app@${digestOf(second)}`,
  ]);
  // what it pointed at before stays served
  world.hub.fail("unreachable");
  assertEquals((await world.ask(`/v2/library/app/manifests/${digestOf(first)}`)).status, 200);
  await world.close();
});

Deno.test("a manifest that comes along with the tag is not fetched again", async () => {
  const world = await pulled();
  world.hub.sendsManifests = true;
  world.hub.push("library/app", second, "1");
  assertEquals(await digestNow(world), digestOf(second));
  assertEquals(world.hub.asked, ["resolve library/app:1"]);
  await world.close();
});

Deno.test("within tagfreshness nobody is asked; a check that finds the same begins it anew", async () => {
  const world = await pulled(HOUR);
  world.time.pass(HOUR - 1);
  assertEquals(await digestNow(world), digestOf(first));
  assertEquals(world.hub.asked, []);
  world.time.pass(1);
  assertEquals(await digestNow(world), digestOf(first));
  assertEquals(world.hub.asked, ["resolve library/app:1"]);
  world.time.pass(HOUR - 1);
  assertEquals(await digestNow(world), digestOf(first));
  assertEquals(world.hub.asked.length, 1);
  world.time.pass(1);
  world.hub.push("library/app", second, "1");
  assertEquals(await digestNow(world), digestOf(second));
  world.time.pass(HOUR - 1);
  world.hub.untag("library/app", "1");
  assertEquals(await digestNow(world), digestOf(second));
  await world.close();
});

Deno.test("freshness outlives a restart, and a clock that was set back ends it", async () => {
  const world = await pulled(HOUR);
  world.time.pass(HOUR / 2);
  await world.restart();
  assertEquals(await digestNow(world), digestOf(first));
  assertEquals(world.hub.asked, []);
  world.time.pass(-2 * HOUR);
  await world.restart();
  assertEquals(await digestNow(world), digestOf(first));
  assertEquals(world.hub.asked, ["resolve library/app:1"]);
  await world.close();
});

Deno.test("a failed check makes nothing fresh, and warns until upstream answers", async () => {
  const world = await pulled(HOUR);
  world.time.pass(HOUR);
  world.hub.fail("unreachable");
  for (let i = 0; i < 2; i++) assert((await world.ask(TAG)).got("warning") !== undefined);
  assertEquals(world.hub.count("resolve"), 2);
  world.hub.failure = undefined;
  assertEquals((await world.ask(TAG)).got("warning"), undefined);
  await world.close();
});

Deno.test("many who ask for one tag at once are one question to upstream, for one manifest", async () => {
  const world = await pulled();
  world.hub.push("library/app", second, "1");
  const held = Promise.withResolvers<void>();
  world.hub.hold = held.promise;
  const asking = Array.from({ length: 20 }, () => digestNow(world));
  await eventually("all wait", () => world.time.waiting === 20);
  held.resolve();
  assertEquals(await Promise.all(asking), Array(20).fill(digestOf(second)));
  assertEquals([world.hub.count("resolve"), world.hub.count("manifest")], [1, 1]);
  await world.close();
});

Deno.test("who has waited for 2.5 s gets what is cached, and the check goes on for the next one", async () => {
  const world = await pulled();
  world.hub.push("library/app", second, "1");
  const held = Promise.withResolvers<void>();
  world.hub.hold = held.promise;
  const asking = world.ask(TAG);
  await eventually("it waits", () => world.time.waiting === 1);
  world.time.pass(2_499);
  assertEquals(world.time.waiting, 1);
  world.time.pass(1);
  const stale = await asking;
  assertEquals([stale.status, stale.got("docker-content-digest")], [200, digestOf(first)]);
  assertEquals(
    stale.got("warning"),
    '299 - "served from the cache, docker.io could not be asked whether it is still current: it had not answered within 2.5 s"',
  );
  const next = digestNow(world); // joins the check
  held.resolve();
  assertEquals(await next, digestOf(second));
  assertEquals(world.hub.count("resolve"), 1);
  assertEquals(world.time.waiting, 0);
  await world.close();
});

Deno.test("nobody waits for a tag for more than 10 s, however slow upstream is", async () => {
  for (const [isComplete, status] of [[false, 504], [true, 200]] as const) {
    const world = await pulled(0, isComplete);
    const held = Promise.withResolvers<void>();
    world.hub.hold = held.promise;
    const asking = world.ask(TAG);
    await eventually("it waits", () => world.time.waiting === 1);
    world.time.pass(2_500);
    if (!isComplete) {
      await eventually("it waits on", () => world.time.waiting === 1);
      world.time.pass(7_500);
    }
    const got = await asking;
    assertEquals(got.status, status);
    if (!isComplete) {
      assertEquals(JSON.parse(got.text).errors, [{
        code: "UNAVAILABLE",
        message: "service unavailable",
        detail: "Cannot get this from docker.io: it had not answered within 10 s; try again later",
      }]);
    }
    held.resolve();
    await world.close(); // waits for the check, which nobody waits for
    await world.restart();
    world.hub.asked.length = 0;
    assertEquals((await world.ask(TAG)).status, 200);
    await world.close();
  }
});

Deno.test("a check that fails when everybody has left harms nobody", async () => {
  const world = await pulled();
  const held = Promise.withResolvers<void>();
  world.hub.hold = held.promise;
  world.hub.fail("timeout");
  const asking = world.ask(TAG);
  await eventually("it waits", () => world.time.waiting === 1);
  world.time.pass(2_500);
  assertEquals((await asking).status, 200);
  held.resolve();
  await world.close();
  const warnings = world.log.lines.filter((line) => line.startsWith("warn"));
  assertEquals(warnings.length, 1);
  assertEquals(
    warnings[0]?.startsWith(
      "warn docker.io: it had not answered within 2.5 s; library/app:1 is served as cached",
    ),
    true,
  );
});

Deno.test("a tag whose manifest upstream hasn't got is a fault of upstream", async () => {
  const world = await pulled();
  world.hub.push("library/app", second, "1");
  world.hub.manifests.delete(`library/app@${digestOf(second)}`);
  const got = await world.ask(TAG);
  assertEquals([got.status, got.got("docker-content-digest")], [200, digestOf(first)]);
  assert(
    got.got("warning")?.includes(`it says that 1 is ${digestOf(second)}, which it does not have`),
  );
  // a moment later it has it: no 404 is remembered against what it names
  world.hub.push("library/app", second, "1");
  assertEquals(await digestNow(world), digestOf(second));
  await world.close();
});

Deno.test("a tag that upstream has again is there again, and was gone for ten seconds at most", async () => {
  const world = await pulled(HOUR);
  world.hub.untag("library/app", "1");
  world.time.pass(HOUR);
  assertEquals((await world.ask(TAG)).status, 404);
  const list = await world.local.repository(name("library/app")).tags.list({ limit: 5, last: "" });
  assertEquals(list.entries, []);
  world.hub.push("library/app", second, "1");
  assertEquals((await world.ask(TAG)).status, 404);
  assertEquals(world.hub.asked, ["resolve library/app:1"]);
  world.time.pass(10_000);
  assertEquals(await digestNow(world), digestOf(second));
  await world.close();
});

Deno.test("a tag that is deleted or moved while it is checked is as upstream says afterwards", async () => {
  const world = await pulled(HOUR);
  const { tags, manifests } = world.local.repository(name("library/app"));
  for (const meanwhile of ["deleted", "moved"]) {
    world.time.pass(HOUR);
    const held = Promise.withResolvers<void>();
    world.hub.hold = held.promise;
    const asking = digestNow(world);
    await eventually("it waits", () => world.time.waiting === 1);
    if (meanwhile === "deleted") await manifests.delete({ kind: "tag", tag: tag("1") });
    else {
      await pushBlob(world.local.repository(name("library/app")), "{}");
      await manifests.put({ ...await imageOf([]), tags: [tag("1")] });
    }
    held.resolve();
    assertEquals(await asking, digestOf(first));
    assertEquals((await tags.list({ limit: undefined, last: "" })).entries, [tag("1")]);
    world.hub.asked.length = 0;
    assertEquals(await digestNow(world), digestOf(first), meanwhile);
    assertEquals(world.hub.asked, []);
  }
  await world.close();
});

Deno.test("an outage is told once a minute, and not for each request", async () => {
  const world = await pulled();
  const warnings = () => world.log.lines.filter((line) => line.startsWith("warn"));
  world.hub.fail("limited", "it answered 429");
  for (let i = 0; i < 5; i++) assertEquals((await world.ask(TAG)).status, 200);
  assertEquals(warnings(), [
    'warn docker.io: it answered 429; library/app:1 is served as cached {"upstream":"docker.io","kind":"limited","repository":"library/app"}',
  ]);
  world.time.pass(59_999);
  await world.ask(TAG);
  assertEquals(warnings().length, 1);
  world.hub.fail("unreachable");
  await world.ask(TAG);
  assertEquals(warnings().length, 2, "another kind of failure is news");
  world.hub.fail("limited");
  world.time.pass(1);
  await world.ask("/v2/library/app/manifests/2");
  assertEquals(warnings().length, 3);
  assertEquals(warnings()[2]?.includes("library/app:2 is refused"), true);
  await world.close();
});
