import { assert, assertEquals } from "@std/assert";
import { systemClock } from "../../src/async/clock.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { RegistryError } from "../../src/oci/error.ts";
import {
  blobPath,
  hiddenPath,
  layerLinkPath,
  revisionLinkPath,
  TRASH,
} from "../../src/registry/layout.ts";
import { LocalRegistry } from "../../src/registry/local_registry.ts";
import { STRICT } from "../../src/registry/manifest_policy.ts";
import { present } from "../../src/registry/trash.ts";
import type { StorageDriver } from "../../src/storage/driver.ts";
import { FilesystemDriver } from "../../src/storage/filesystem.ts";
import { MemoryDriver } from "../../src/storage/memory.ts";
import { chunks, imageOf, name, pushBlob, sha256, utf8 } from "../support/content.ts";
import { InterposedDriver } from "../support/interposed_driver.ts";

const REPOSITORY = name("r");
const OPEN = "open-1";
const CLOSED = "closed-1";

/** One round of a collector that takes these items for garbage, in the two steps between which others may act. */
function collector(
  driver: StorageDriver,
  items: readonly string[],
  isNeeded: () => Promise<boolean>,
) {
  const each = async (act: (path: string) => Promise<void>) => {
    for (const path of items) await present(() => act(path));
  };
  return {
    /** Hides them (steps 1 to 5) and closes the generation (6). */
    async hide(): Promise<void> {
      if (await isNeeded()) return;
      await each((path) => driver.move(path, hiddenPath(OPEN, path)));
      await present(() => driver.move(`${TRASH}/${OPEN}`, `${TRASH}/${CLOSED}`));
    },
    /** Marks again (7), puts back what is needed now, and unlinks the rest. */
    async finish(): Promise<void> {
      if (await isNeeded()) await each((path) => driver.move(hiddenPath(CLOSED, path), path));
      await present(() => driver.remove(`${TRASH}/${CLOSED}`));
    },
  };
}

/**
 * Runs `work` once for every pair of its storage operations: the collector hides before the first and finishes before the second.
 * `marks` is the path whose presence makes the items needed. Returns how many runs were made, and how many of them were acknowledged.
 */
async function everyInterleaving(
  items: (digests: readonly Digest[]) => string[],
  marks: () => Promise<string>,
  prepare: (registry: LocalRegistry) => Promise<Digest[]>,
  work: (registry: LocalRegistry) => Promise<Digest | undefined>,
  check: (registry: LocalRegistry) => Promise<void>,
): Promise<{ runs: number; acknowledged: number }> {
  let runs = 0;
  let acknowledged = 0;
  for (let hideAt = 0, total = 1; hideAt < total; hideAt++) {
    for (let finishAt = hideAt; finishAt < total + 1; finishAt++) {
      const memory = new MemoryDriver();
      const digests = await prepare(
        new LocalRegistry({ driver: memory, policy: STRICT, clock: systemClock }),
      );
      const marked = await marks();
      const needed = async () => await present(() => memory.stat(marked)) !== undefined;
      const other = collector(memory, items(digests), needed);
      const driver = new InterposedDriver(memory, async (_operation, _path, number) => {
        if (number === hideAt) await other.hide();
        if (number === finishAt) await other.finish();
      });
      const done = await work(new LocalRegistry({ driver, policy: STRICT, clock: systemClock }))
        .catch(tolerate);
      total = Math.max(total, driver.count);
      await other.finish();
      runs++;
      if (done === undefined) continue;
      acknowledged++;
      await check(new LocalRegistry({ driver: memory, policy: STRICT, clock: systemClock }));
      await memory.close();
    }
  }
  return { runs, acknowledged };
}

function tolerate(error: unknown): undefined {
  if (error instanceof RegistryError && error.status < 500) return undefined;
  throw error;
}

Deno.test("put() of a manifest is acknowledged only if a collector beside it leaves everything that it names", async () => {
  const { runs, acknowledged } = await everyInterleaving(
    (
      digests,
    ) => [...digests.map((digest) => layerLinkPath(REPOSITORY, digest)), ...digests.map(blobPath)],
    async () => {
      const { bytes } = await imageOf([await sha256("layer")]);
      return revisionLinkPath(REPOSITORY, await sha256(new TextDecoder().decode(bytes)));
    },
    async (registry) => {
      const repository = registry.repository(REPOSITORY);
      return [await pushBlob(repository, "{}"), await pushBlob(repository, "layer")];
    },
    async (registry) =>
      (await registry.repository(REPOSITORY).manifests.put(await imageOf([await sha256("layer")])))
        .digest,
    async (registry) => {
      const { blobs } = registry.repository(REPOSITORY);
      for (const text of ["{}", "layer"]) {
        assertEquals((await blobs.stat(await sha256(text))).size, utf8(text).length);
      }
    },
  );
  assert(runs > 100, `only ${runs} interleavings`);
  assert(acknowledged > 0 && acknowledged < runs, `${acknowledged} of ${runs} acknowledged`);
});

Deno.test("commit() of an upload leaves link and data, whatever a collector hides of an older copy meanwhile", async () => {
  const { runs } = await everyInterleaving(
    (digests) => digests.map(blobPath),
    async () => layerLinkPath(REPOSITORY, await sha256("layer")),
    async (registry) => {
      const other = registry.repository(name("other"));
      const digest = await pushBlob(other, "layer");
      await other.blobs.delete(digest); // the data is garbage now
      return [digest];
    },
    (registry) => pushBlob(registry.repository(REPOSITORY), "layer"),
    async (registry) => {
      assertEquals(
        (await registry.repository(REPOSITORY).blobs.stat(await sha256("layer"))).size,
        5,
      );
    },
  );
  assert(runs > 20, `only ${runs} interleavings`);
});

Deno.test("a blob, a manifest and a mount source that a collector has hidden are found again", async () => {
  const driver = new MemoryDriver();
  const open = () => new LocalRegistry({ driver, policy: STRICT, clock: systemClock });
  const layer = await pushBlob(open().repository(REPOSITORY), "layer");
  await pushBlob(open().repository(REPOSITORY), "{}");
  const { digest } = await open().repository(REPOSITORY).manifests.put(await imageOf([layer]));
  const hide = async (path: string) => await driver.move(path, hiddenPath(OPEN, path));
  for (const path of [layerLinkPath(REPOSITORY, layer), blobPath(layer)]) await hide(path);
  assertEquals((await open().repository(REPOSITORY).blobs.stat(layer)).size, 5);
  for (const path of [revisionLinkPath(REPOSITORY, digest), blobPath(digest)]) await hide(path);
  assertEquals(
    (await open().repository(REPOSITORY).manifests.stat({ kind: "digest", digest })).digest,
    digest,
  );
  for (const path of [layerLinkPath(REPOSITORY, layer), blobPath(layer)]) await hide(path);
  const mounted = await open().repository(name("s")).blobs.mount(layer, { repository: REPOSITORY });
  assertEquals(mounted?.size, 5);
});

Deno.test("delete() removes what a collector has hidden, so that it does not come back", async () => {
  const driver = new MemoryDriver();
  const registry = new LocalRegistry({ driver, policy: STRICT, clock: systemClock });
  const { blobs } = registry.repository(REPOSITORY);
  const digest = await pushBlob(registry.repository(REPOSITORY), "layer");
  const path = layerLinkPath(REPOSITORY, digest);
  await driver.move(path, hiddenPath(CLOSED, path));
  await blobs.delete(digest);
  assertEquals(await blobs.stat(digest).catch(tolerate), undefined);
  assertEquals(await present(() => driver.stat(hiddenPath(CLOSED, path))), undefined);
});

Deno.test("an upload goes on from the disk in another process, and a third sees that it has ended", async () => {
  const root = await Deno.makeTempDir({ prefix: "berth-test-" });
  const drivers = [new FilesystemDriver({ root }), new FilesystemDriver({ root })];
  const registries = drivers.map((driver) =>
    new LocalRegistry({ driver, policy: STRICT, clock: systemClock })
  );
  const [first, second] = registries.map((registry) => registry.repository(REPOSITORY).blobs);
  assert(first && second);
  const upload = await first.startUpload();
  await upload.append(chunks("he"));
  await (await second.resumeUpload(upload.id)).append(chunks("ll"), 2);
  const back = await first.resumeUpload(upload.id);
  assertEquals(back.offset, 4);
  await back.commit(await sha256("hello"), chunks("o"), 4);
  assertEquals(await second.resumeUpload(upload.id).catch(tolerate), undefined);
  for (const registry of registries) await registry.close();
  for (const driver of drivers) await driver.close();
  await Deno.remove(root, { recursive: true });
});
