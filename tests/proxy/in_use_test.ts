import { assertEquals, assertRejects } from "@std/assert";
import type { CachedImage } from "../../src/proxy/cache_contents.ts";
import { InUse } from "../../src/proxy/in_use.ts";
import { markedStore } from "../../src/proxy/marked_store.ts";
import { readAll } from "../../src/async/byte_source.ts";
import { name, pushBlob, sha256, utf8 } from "../support/content.ts";
import { FetchedWorld } from "../support/fetched_world.ts";

const R = name("hub/app");

async function imageWith(text: string, repository = R): Promise<CachedImage> {
  const digest = await sha256(text);
  return { repository, manifests: [], lastUse: 0, names: [digest], data: [digest] };
}

Deno.test("a blob is in use from open() to the last close(), in its own repository only", async () => {
  const world = new FetchedWorld();
  const inUse = new InUse();
  await pushBlob(world.repository(R), "layer");
  const { blobs } = inUse.counting(world.repository(R));
  const image = await imageWith("layer");
  const one = await blobs.open(await sha256("layer"));
  const two = await blobs.open(await sha256("layer"));
  assertEquals(new TextDecoder().decode(await readAll(one.source)), "layer");
  one.source.close();
  one.source.close();
  assertEquals(inUse.isBusy(image), true);
  assertEquals(inUse.isBusy(await imageWith("layer", name("hub/other"))), false);
  two.source.close();
  assertEquals(inUse.isBusy(image), false);
});

Deno.test("a blob that cannot be opened is not in use", async () => {
  const world = new FetchedWorld();
  const inUse = new InUse();
  const { blobs } = inUse.counting(world.repository(R));
  await assertRejects(async () => await blobs.open(await sha256("missing")));
  assertEquals(inUse.isBusy(await imageWith("missing")), false);
});

Deno.test("what is filled is in use until it is committed or given up, and its repository is one that was fetched", async () => {
  const world = new FetchedWorld();
  const inUse = new InUse();
  const store = markedStore(world.registry.cache, world.origins, inUse);
  for (const how of ["commit", "abort"] as const) {
    const image = await imageWith(how);
    const target = await store.begin(R, await sha256(how));
    assertEquals(inUse.isBusy(image), true);
    await target.write(utf8(how));
    await target[how]();
    assertEquals(inUse.isBusy(image), false);
  }
  assertEquals(await world.hasLayer("commit"), true);
  assertEquals(await world.origins.isFetched(R), true);
});

Deno.test("a manifest that is kept marks its repository, unless a push has made it", async () => {
  const world = new FetchedWorld();
  const store = markedStore(world.registry.cache, world.origins, new InUse());
  const manifest = {
    digest: await sha256("{}"),
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    bytes: utf8("{}"),
  };
  await store.keepManifest(R, manifest);
  assertEquals(await world.origins.isFetched(R), true);
  const pushed = name("team/app");
  await world.origins.claim(pushed);
  await store.keepManifest(pushed, manifest);
  assertEquals(await world.origins.isFetched(pushed), false);
});
