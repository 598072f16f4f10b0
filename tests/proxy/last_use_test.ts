import { assertEquals } from "@std/assert";
import { revisionLinkPath } from "../../src/registry/layout.ts";
import { parseDigest } from "../../src/oci/digest.ts";
import { CacheWorld } from "../support/cache_world.ts";
import { name } from "../support/content.ts";
import { makeImage } from "../support/images.ts";

const image = makeImage({ layers: [100] });
const digest = parseDigest(image.manifest.descriptor.digest);
const MINUTE = 60_000;

function worldWith(ttl: number): CacheWorld {
  const world = new CacheWorld({
    upstreams: [{ namespace: "", library: true, ttl, tagfreshness: 100 * 86_400_000 }],
  });
  world.hub.push("library/app", image, "1");
  return world;
}

/** Minutes since the last use of the image, as the tree has it. */
async function unusedFor(world: CacheWorld): Promise<number> {
  const { modified } = await world.memory.stat(revisionLinkPath(name("library/app"), digest));
  return (world.time.now() - modified.getTime()) / MINUTE;
}

for (
  const [what, ttl, after] of [
    ["half an hour", 7 * 86_400_000, 30],
    ["half an hour, when nothing expires", 0, 30],
    ["an eighth of a short ttl", 40 * MINUTE, 5],
  ] as const
) {
  Deno.test(`the last use of an image is noted once in ${what}`, async () => {
    const world = worldWith(ttl);
    const targets = ["GET", "HEAD"].flatMap((method) =>
      ["1", digest].map((reference) => ({
        method,
        target: `/v2/library/app/manifests/${reference}`,
      }))
    );
    for (const request of targets) {
      await world.ask(request);
      const before = await unusedFor(world);
      world.time.pass((after - 1) * MINUTE - before * MINUTE);
      await world.ask(request);
      assertEquals(await unusedFor(world), after - 1, "not each time");
      world.time.pass(MINUTE);
      await world.ask(request);
      assertEquals(await unusedFor(world), 0);
    }
    await world.close();
  });
}

Deno.test("a stale answer is a use, and so is one after a restart", async () => {
  const world = worldWith(0);
  for (const target of ["manifests/1", ...image.blobs.map((b) => `blobs/${b.descriptor.digest}`)]) {
    await world.ask(`/v2/library/app/${target}`);
  }
  world.time.pass(101 * 86_400_000);
  world.hub.fail("unreachable");
  assertEquals((await world.ask("/v2/library/app/manifests/1")).status, 200);
  assertEquals(await unusedFor(world), 0);
  world.time.pass(10 * MINUTE);
  await world.restart();
  await world.ask(`/v2/library/app/manifests/${digest}`);
  assertEquals(await unusedFor(world), 0);
  await world.close();
});
