import { assert, assertEquals, assertRejects } from "@std/assert";
import { ClientGoneError } from "../../src/http/exchange.ts";
import { RegistryError } from "../../src/oci/error.ts";
import { StorageError } from "../../src/storage/driver.ts";
import { CacheWorld } from "../support/cache_world.ts";
import { name } from "../support/content.ts";
import { eventually } from "../support/eventually.ts";
import { FakeExchange } from "../support/fake_exchange.ts";
import { type Image, makeImage, makeIndex } from "../support/images.ts";
import { InterposedDriver } from "../support/interposed_driver.ts";

const image = makeImage({ layers: [100, 200] });
const digest = digestOf(image);
const layer = image.blobs[1]?.descriptor.digest ?? "";

function digestOf({ manifest }: Image): string {
  return manifest.descriptor.digest;
}

/** Pulls all of an image. @returns the statuses */
async function pull(world: CacheWorld, repository: string, what: Image): Promise<Set<number>> {
  const statuses = new Set([
    (await world.ask(`/v2/${repository}/manifests/${digestOf(what)}`)).status,
  ]);
  for (const { descriptor, bytes } of what.blobs) {
    const got = await world.ask(`/v2/${repository}/blobs/${descriptor.digest}`);
    assertEquals(got.bytes, bytes);
    statuses.add(got.status);
  }
  for (const child of what.children) {
    for (const status of await pull(world, repository, child)) statuses.add(status);
  }
  return statuses;
}

Deno.test("an image is fetched once, byte for byte, and then served without upstream, by another process too", async () => {
  const index = makeIndex(["amd64", "arm64"], { layers: [3_000], family: "docker" });
  const world = new CacheWorld();
  world.hub.push("library/app", index, "1");
  assertEquals(await pull(world, "library/app", index), new Set([200]));
  const asked = world.hub.asked.length;
  assertEquals(asked, 7);
  assertEquals(await pull(world, "library/app", index), new Set([200]));
  await world.restart();
  world.hub.fail("unreachable");
  assertEquals(await pull(world, "library/app", index), new Set([200]));
  const got = await world.ask(`/v2/library/app/manifests/${digestOf(index)}`);
  assertEquals(got.bytes, index.manifest.bytes);
  assertEquals(got.got("content-type"), index.manifest.descriptor.mediaType);
  assertEquals(world.hub.asked.length, asked);
  await world.close();
});

Deno.test("an index is kept as it is, and its children are fetched when they are asked for", async () => {
  const index = makeIndex();
  const world = new CacheWorld();
  world.hub.push("library/app", index, "1");
  assertEquals((await world.ask("/v2/library/app/manifests/1")).bytes, index.manifest.bytes);
  assertEquals(world.hub.asked, [
    "resolve library/app:1",
    `manifest library/app@${digestOf(index)}`,
  ]);
  await world.close();
});

Deno.test("many who ask for one digest at once are one question to upstream", async () => {
  const world = new CacheWorld();
  world.hub.push("library/app", image, "1");
  world.hub.push("library/other", image, "1");
  const held = Promise.withResolvers<void>();
  world.hub.hold = held.promise;
  const asking = Array.from(
    { length: 20 },
    (_, i) => world.ask(`/v2/library/${i % 2 ? "app" : "other"}/manifests/${digest}`),
  );
  const sizes = Array.from(
    { length: 20 },
    () => world.ask({ method: "HEAD", target: `/v2/library/app/blobs/${layer}` }),
  );
  await eventually("upstream is asked", () => world.hub.asked.length >= 3);
  held.resolve();
  assert((await Promise.all([...asking, ...sizes])).every(({ status }) => status === 200));
  assertEquals(world.hub.asked.toSorted(), [
    `manifest library/app@${digest}`,
    `manifest library/other@${digest}`, // a private image of one repository is nobody's of another
    `size library/app@${layer}`,
  ]);
  await world.close();
});

Deno.test("many who ask for one cold blob at once are one question to upstream, and all get all of it", async () => {
  const world = new CacheWorld();
  world.hub.push("library/app", image, "1");
  const held = Promise.withResolvers<void>();
  world.hub.hold = held.promise;
  const asking = Array.from({ length: 20 }, () => world.ask(`/v2/library/app/blobs/${layer}`));
  await eventually("upstream is asked", () => world.hub.asked.length >= 1);
  held.resolve();
  for (const { status, bytes } of await Promise.all(asking)) {
    assertEquals([status, bytes], [200, image.blobs[1]?.bytes]);
  }
  assertEquals(world.hub.asked, [`blob library/app@${layer}`]);
  await world.close();
});

Deno.test("a client that leaves while upstream is waited for is no fault, and keeps nobody else from the blob", async () => {
  const world = new CacheWorld();
  world.hub.push("library/app", image, "1");
  const held = Promise.withResolvers<void>();
  world.hub.hold = held.promise;
  const target = `/v2/library/app/blobs/${layer}`;
  const leaving = new AbortController();
  const exchange = Object.assign(new FakeExchange({ target }), { signal: leaving.signal });
  const gone = assertRejects(() => world.api(exchange), ClientGoneError);
  const staying = world.ask(target);
  await eventually("upstream is asked", () => world.hub.asked.length >= 1);
  leaving.abort();
  await gone;
  held.resolve();
  assertEquals((await staying).bytes, image.blobs[1]?.bytes);
  assertEquals(world.hub.asked.length, 1);
  await world.close();
});

Deno.test("what one repository has is fetched anew for another one", async () => {
  const world = new CacheWorld();
  world.hub.push("private/app", image, "1");
  assertEquals(await pull(world, "private/app", image), new Set([200]));
  assertEquals((await world.ask(`/v2/library/app/manifests/${digest}`)).status, 404);
  assertEquals((await world.ask(`/v2/library/app/blobs/${layer}`)).status, 404);
  assertEquals((await world.ask(`/v2/library/app/blobs/${layer}`)).status, 404);
  assertEquals(world.hub.count("blob library/app"), 1);
  await world.close();
});

Deno.test("HEAD of a blob downloads nothing, then and later", async () => {
  const world = new CacheWorld();
  world.hub.push("library/app", image, "1");
  const target = `/v2/library/app/blobs/${layer}`;
  const got = await world.ask({ method: "HEAD", target });
  assertEquals([got.status, got.got("docker-content-digest")], [200, layer]);
  assertEquals(got.got("content-length"), String(image.blobs[1]?.bytes.length));
  assertEquals(world.hub.asked, [`size library/app@${layer}`]);
  await world.ask(target);
  await world.ask({ method: "HEAD", target });
  assertEquals(world.hub.asked.slice(1), [`blob library/app@${layer}`]);
  await world.close();
});

Deno.test("the size of a blob is known from a manifest that a client was given, after a restart too", async () => {
  for (const given of ["nothing", "fetched", "kept"]) {
    const world = new CacheWorld();
    world.hub.push("library/app", image, "1");
    world.hub.hidesSizes = true;
    if (given !== "nothing") await world.ask(`/v2/library/app/manifests/${digest}`);
    if (given === "kept") {
      await world.restart();
      await world.ask(`/v2/library/app/manifests/${digest}`);
    }
    const got = await world.ask(`/v2/library/app/blobs/${layer}`);
    assertEquals([got.status, got.bytes], [200, image.blobs[1]?.bytes]);
    assertEquals(world.hub.count("size"), given === "nothing" ? 1 : 0, given);
    await world.close();
  }
});

Deno.test("a blob that is here goes out in ranges like any other", async () => {
  const world = new CacheWorld();
  world.hub.push("library/app", image, "1");
  const target = `/v2/library/app/blobs/${layer}`;
  for (const headers of [{ range: "bytes=5-9" }, { range: "bytes=5-9" }]) {
    const got = await world.ask({ target, headers });
    assertEquals([got.status, got.bytes], [206, image.blobs[1]?.bytes.slice(5, 10)]);
  }
  assertEquals(world.hub.count("blob"), 1);
  await world.close();
});

Deno.test("a manifest that the disk will not take is served all the same, again and again", async () => {
  let full = true;
  const world = new CacheWorld({
    driver: (inner) =>
      new InterposedDriver(inner, (operation, path) => {
        const isWrite = ["putContent", "openWriter"].includes(operation);
        return full && isWrite
          ? Promise.reject(new StorageError("test", "write", path, "ENOSPC", undefined))
          : Promise.resolve();
      }),
  });
  world.hub.push("library/app", image, "1");
  for (const reference of ["1", digest, "1"]) {
    const got = await world.ask(`/v2/library/app/manifests/${reference}`);
    assertEquals([got.status, got.bytes], [200, image.manifest.bytes]);
  }
  assertEquals(world.hub.count("manifest"), 3);
  assertEquals(world.metrics.filter((line) => line === "unkept docker.io").length, 3);
  full = false;
  for (let i = 0; i < 2; i++) {
    assertEquals((await world.ask("/v2/library/app/manifests/1")).status, 200);
  }
  assertEquals(world.hub.count("manifest"), 4);
  await world.close();
});

Deno.test("a tag is not kept without its manifest", async () => {
  const world = new CacheWorld({
    driver: (inner) =>
      new InterposedDriver(
        inner,
        (operation, path) =>
          operation === "putContent" && path.includes("/revisions/")
            ? Promise.reject(new StorageError("test", "write", path, "ENOSPC", undefined))
            : Promise.resolve(),
      ),
  });
  world.hub.push("library/app", image, "1");
  assertEquals((await world.ask("/v2/library/app/manifests/1")).status, 200);
  const { tags } = world.local.repository(name("library/app"));
  await assertRejects(() => tags.list({ limit: undefined, last: "" }), RegistryError);
  await world.close();
});

Deno.test("closing closes the upstreams", async () => {
  const world = new CacheWorld({ upstreams: [{ namespace: "ghcr.io" }, { namespace: "quay.io" }] });
  await world.close();
  assert([...world.upstreams.values()].every(({ closed }) => closed));
});
