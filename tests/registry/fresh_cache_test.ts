import { assertEquals, assertRejects } from "@std/assert";
import { FreshCache } from "../../src/registry/fresh_cache.ts";
import { LocalRegistry } from "../../src/registry/local_registry.ts";
import { STRICT } from "../../src/registry/manifest_policy.ts";
import { CANONICAL, digestOf } from "../../src/oci/digest.ts";
import { RegistryError } from "../../src/oci/error.ts";
import type { RepositoryName } from "../../src/oci/reference.ts";
import { MemoryDriver } from "../../src/storage/memory.ts";

Deno.test("a fresh cache tells of each lookup whether it was a hit: what is a second old is none", () => {
  let now = 0;
  const lookups: boolean[] = [];
  const cache = new FreshCache<number>({ now: () => now }, (isHit) => lookups.push(isHit));
  assertEquals(cache.get("a"), undefined);
  cache.set("a", 1);
  assertEquals(cache.get("a"), 1);
  now = 1_000;
  assertEquals(cache.get("a"), undefined);
  cache.set("a", 2);
  cache.delete("a");
  assertEquals(cache.get("a"), undefined);
  assertEquals(lookups, [false, true, false, false]);
});

Deno.test("a registry tells of lookups of links and of blobs' sizes", async () => {
  const driver = new MemoryDriver();
  const lookups: boolean[] = [];
  let now = 0;
  const registry = new LocalRegistry({
    driver,
    policy: STRICT,
    clock: { now: () => now },
    onLookup: (isHit) => lookups.push(isHit),
  });
  const { blobs } = registry.repository("team/app" as RepositoryName);
  const bytes = new Uint8Array(10);
  const digest = await digestOf(CANONICAL, bytes);
  const during = async (act: () => Promise<unknown>) => {
    lookups.length = 0;
    await act();
    return [...lookups];
  };
  assertEquals(await during(() => assertRejects(() => blobs.stat(digest), RegistryError)), [false]);
  const upload = await blobs.startUpload();
  await upload.commit(
    digest,
    (async function* () {
      yield await Promise.resolve(bytes);
    })(),
  );
  assertEquals(await during(() => blobs.stat(digest)), [true, true]);
  now = 1_000;
  assertEquals(await during(() => blobs.stat(digest)), [false, false]);
  await registry.close();
  await driver.close();
});
