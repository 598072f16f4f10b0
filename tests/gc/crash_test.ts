import { assert, assertEquals } from "@std/assert";
import { FetchedContents } from "../../src/gc/fetched_contents.ts";
import type { Digest } from "../../src/oci/digest.ts";
import type { RepositoryName } from "../../src/oci/reference.ts";
import { TRASH } from "../../src/registry/layout.ts";
import { RegistryError } from "../../src/oci/error.ts";
import type { StorageDriver } from "../../src/storage/driver.ts";
import { systemClock } from "../../src/async/clock.ts";
import { MemoryDriver } from "../../src/storage/memory.ts";
import { collectNow, filesBelow, freshRegistry } from "../support/collecting.ts";
import { imageOf, indexOf, name, pushImage, sha256, tag } from "../support/content.ts";
import { InterposedDriver } from "../support/interposed_driver.ts";

const CACHED = name("hub/app");
const PUSHED = name("team/app");

/** Two images in a cache that share a layer with each other and with one that was pushed. */
async function prepare(driver: StorageDriver): Promise<{ gone: Digest; kept: Digest }> {
  const cached = freshRegistry(driver).repository(CACHED);
  const child = await pushImage(cached, ["shared", "own"], ["child"]);
  const gone = await cached.manifests.put({ ...indexOf([child]), tags: [tag("gone")] });
  const kept = await pushImage(cached, ["shared", "of the kept one"], ["kept"]);
  await pushImage(freshRegistry(driver).repository(PUSHED), ["shared"], ["it"]);
  return { gone: gone.digest, kept };
}

async function evict(driver: StorageDriver, digest: Digest): Promise<void> {
  const registry = freshRegistry(driver);
  const contents = new FetchedContents({
    driver,
    clock: systemClock,
    keep: 0,
    isFetched: (repository: RepositoryName) => Promise.resolve(repository === CACHED),
    unlink: async (repository, manifest) => {
      try {
        await registry.repository(repository).manifests.delete({
          kind: "digest",
          digest: manifest,
        });
      } catch (error) {
        if (!(error instanceof RegistryError)) throw error;
      }
    },
  });
  const { signal } = new AbortController();
  const { images } = await contents.images(CACHED, signal);
  const image = images.find(({ manifests }) => manifests[0] === digest);
  assert(image);
  assertEquals(image.manifests.length, 2);
  await contents.forget([image], signal);
}

/** Every manifest that is linked can be read with all that it names. */
async function checkWhole(driver: StorageDriver, kept: Digest): Promise<void> {
  const registry = freshRegistry(driver);
  for (const [repository, digest] of [[CACHED, kept], [PUSHED, undefined]] as const) {
    const { manifests, blobs } = registry.repository(repository);
    await manifests.get(digest ? { kind: "digest", digest } : { kind: "tag", tag: tag("it") });
    for (const text of ["{}", "shared", ...(digest ? ["of the kept one"] : [])]) {
      (await blobs.open(await sha256(text))).source.close();
    }
  }
}

/** An image of which the root is there has its child with all layers: it goes from the root on, or not at all. */
async function checkNotHalf(driver: StorageDriver, gone: Digest): Promise<void> {
  const { manifests, blobs } = freshRegistry(driver).repository(CACHED);
  const root = await manifests.get({ kind: "digest", digest: gone }).catch(() => undefined);
  if (root === undefined) return;
  const child = await imageOf(await Promise.all(["shared", "own"].map(sha256)));
  const digest = await sha256(new TextDecoder().decode(child.bytes));
  await manifests.get({ kind: "digest", digest });
  (await blobs.open(await sha256("own"))).source.close();
}

/** Of an eviction that nothing disturbs. */
async function stepsOf(): Promise<number> {
  const memory = new MemoryDriver();
  const { gone } = await prepare(memory);
  const driver = new InterposedDriver(memory, () => Promise.resolve());
  await evict(driver, gone);
  return driver.count;
}

async function everyStep(
  stop: (number: number, step: number) => boolean,
): Promise<number> {
  let steps = await stepsOf();
  for (let step = 0; step < steps; step++) {
    const memory = new MemoryDriver();
    const { gone, kept } = await prepare(memory);
    const driver = new InterposedDriver(memory, (_operation, _path, number) => {
      if (stop(number, step)) throw new Error("EIO");
      return Promise.resolve();
    });
    await evict(driver, gone).catch(() => undefined);
    steps = Math.max(steps, driver.count);
    await checkWhole(memory, kept);
    await checkNotHalf(memory, gone);
    // What a new start does: put back what lies in the trash, and collect what nobody needs.
    await collectNow(memory, { deadAfter: 0 });
    await checkWhole(memory, kept);
    await checkNotHalf(memory, gone);
    assertEquals((await filesBelow(memory, TRASH)).filter((path) => /link|data/.test(path)), []);
  }
  return steps;
}

Deno.test("an eviction that dies at any step leaves a whole tree, which the next start cleans", async () => {
  const steps = await everyStep((number, step) => number >= step);
  assert(steps > 60, `only ${steps} steps`);
});

Deno.test("an eviction of which any one step fails leaves a whole tree, which the next start cleans", async () => {
  const steps = await everyStep((number, step) => number === step);
  assert(steps > 60, `only ${steps} steps`);
});
