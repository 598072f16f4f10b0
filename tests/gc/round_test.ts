import { assert, assertEquals, assertRejects } from "@std/assert";
import { systemClock } from "../../src/async/clock.ts";
import { LostGenerationError } from "../../src/gc/generations.ts";
import { finishGenerations } from "../../src/gc/round.ts";
import { only } from "../../src/gc/scope.ts";
import type { Garbage } from "../../src/gc/sweep.ts";
import { UnreadableManifestError } from "../../src/gc/tree.ts";
import { type Digest, digestOf } from "../../src/oci/digest.ts";
import {
  blobPath,
  hiddenPath,
  layerLinkPath,
  revisionLinkPath,
  TRASH,
} from "../../src/registry/layout.ts";
import type { Repository } from "../../src/registry/registry.ts";
import { present } from "../../src/registry/trash.ts";
import { MemoryDriver } from "../../src/storage/memory.ts";
import { collectNow, filesBelow, freshRegistry } from "../support/collecting.ts";
import {
  imageOf,
  indexOf,
  name,
  pushBlob,
  pushImage,
  sha256,
  tag,
  utf8,
} from "../support/content.ts";
import { InterposedDriver } from "../support/interposed_driver.ts";

const R = name("team/app");
const S = name("team/other");

function at(driver: MemoryDriver, repository = R): Repository {
  return freshRegistry(driver).repository(repository);
}

async function has(driver: MemoryDriver, path: string): Promise<boolean> {
  return await present(() => driver.stat(path)) !== undefined;
}

async function forget(driver: MemoryDriver, digest: Digest, repository = R): Promise<void> {
  await at(driver, repository).manifests.delete({ kind: "digest", digest });
}

Deno.test("a round takes what a deleted image named and leaves what another one names", async () => {
  const driver = new MemoryDriver();
  const gone = await pushImage(at(driver), ["shared", "own"], ["old"]);
  const kept = await pushImage(at(driver), ["shared"], ["new"]);
  await forget(driver, gone);
  const report = await collectNow(driver);
  assertEquals(
    { blobs: report.blobs, layers: report.layers, putBack: report.putBack },
    { blobs: 2, layers: 1, putBack: 0 },
  );
  assertEquals(report.bytes > "own".length, true);
  const { blobs, manifests } = at(driver);
  assertEquals((await manifests.get({ kind: "tag", tag: tag("new") })).digest, kept);
  assertEquals((await blobs.stat(await sha256("shared"))).size, 6);
  for (const digest of [gone, await sha256("own")]) {
    assertEquals(await has(driver, blobPath(digest)), false);
  }
  assertEquals(await driver.list(TRASH), []);
  assertEquals((await filesBelow(driver)).filter((path) => path.includes("_trash")), []);
});

Deno.test("data that another repository links to stays, and goes with its last link", async () => {
  const driver = new MemoryDriver();
  const one = await pushImage(at(driver), ["shared"]);
  const two = await pushImage(at(driver, S), ["shared"]);
  assertEquals(one, two);
  await forget(driver, one);
  assertEquals((await collectNow(driver)).blobs, 0);
  assertEquals((await at(driver, S).blobs.stat(await sha256("shared"))).size, 6);
  assertEquals(await has(driver, layerLinkPath(R, await sha256("shared"))), false);
  await forget(driver, two, S);
  assertEquals((await collectNow(driver)).blobs, 3);
});

Deno.test("nothing that is younger than the grace is taken", async () => {
  let now = Date.now();
  const driver = new MemoryDriver(() => now);
  const clock = { now: () => now };
  await forget(driver, await pushImage(at(driver), ["layer"]));
  assertEquals((await collectNow(driver, { clock, grace: 60_000 })).blobs, 0);
  now += 60_000;
  assertEquals((await collectNow(driver, { clock, grace: 60_000 })).blobs, 3);
});

Deno.test("a generation is kept for the keep time, and emptied by a later round", async () => {
  let now = Date.now();
  const driver = new MemoryDriver(() => now);
  const options = { clock: { now: () => now }, keep: 1000 };
  await forget(driver, await pushImage(at(driver), ["layer"]));
  await collectNow(driver, options);
  assertEquals((await driver.list(TRASH)).length, 1);
  await collectNow(driver, options);
  assert((await filesBelow(driver)).some((path) => path.includes("_trash")));
  now += 1000;
  await collectNow(driver, options);
  assertEquals(
    (await filesBelow(driver)).filter((path) => /data|link/.test(path)),
    [],
  );
});

Deno.test("children of a nested index, referrers of what stays, and names by sha512 survive a round by tags", async () => {
  const driver = new MemoryDriver();
  const repository = at(driver);
  const child = await pushImage(repository, ["layer"]);
  const inner = await repository.manifests.put(indexOf([child]));
  await repository.manifests.put({ ...indexOf([inner.digest]), tags: [tag("multi")] });
  const subject = { mediaType: "application/vnd.oci.image.index.v1+json", digest: child, size: 1 };
  const signature = await pushImage(repository, ["signature"], [], { subject });
  const countersignature = await pushImage(repository, ["more"], [], {
    subject: { ...subject, digest: signature },
  });
  const long = await digestOf("sha512", utf8("long"));
  await pushBlob(repository, "long", long);
  await repository.manifests.put({ ...await imageOf([long]), tags: [tag("long")] });
  const gone = await pushImage(repository, ["garbage"]);
  const signatureOfGone = await pushImage(repository, ["its signature"], [], {
    subject: { ...subject, digest: gone },
  });
  const report = await collectNow(driver, { untagged: true });
  assertEquals(report.revisions, 2);
  for (const digest of [child, inner.digest, signature, countersignature]) {
    assertEquals((await at(driver).manifests.get({ kind: "digest", digest })).digest, digest);
  }
  for (const digest of [gone, signatureOfGone]) {
    assertEquals(await has(driver, revisionLinkPath(R, digest)), false);
  }
  for (const text of ["layer", "signature", "more"]) {
    await at(driver).blobs.stat(await sha256(text));
  }
  assertEquals((await at(driver).blobs.stat(long)).size, 4);
  assertEquals((await at(driver).referrers.list(child)).entries.length, 1);
  assertEquals(await has(driver, blobPath(await sha256("garbage"))), false);
});

Deno.test("layers of a schema 1 manifest, and what a document of an unknown type names, stay", async () => {
  const driver = new MemoryDriver();
  const layers = [await pushBlob(at(driver), "one"), await pushBlob(at(driver), "two")];
  const documents = [
    JSON.stringify({ schemaVersion: 1, fsLayers: [{ blobSum: layers[0] }] }),
    JSON.stringify({ parts: [{ Digest: layers[1] }] }),
  ];
  for (const text of documents) {
    await driver.putContent(blobPath(await sha256(text)), utf8(text));
    const digest = await sha256(text);
    await driver.putContent(revisionLinkPath(R, digest), utf8(digest));
  }
  assertEquals((await collectNow(driver)).blobs, 0);
});

Deno.test("a manifest that cannot be read stops the round before anything is hidden", async () => {
  const driver = new MemoryDriver();
  const broken = await pushImage(at(driver), ["layer"]);
  await forget(driver, await pushImage(at(driver), ["garbage"]));
  await driver.putContent(blobPath(broken), utf8("{}"));
  const before = await filesBelow(driver);
  await assertRejects(() => collectNow(driver), UnreadableManifestError, broken);
  assertEquals(await filesBelow(driver), before);
  const failing = new InterposedDriver(driver, (operation, path) => {
    if (operation === "read" && path === blobPath(broken)) throw new Error("EIO");
    return Promise.resolve();
  });
  await assertRejects(() => collectNow(failing), UnreadableManifestError, "EIO");
  assertEquals(await filesBelow(driver), before);
});

Deno.test("a dry run names what would go with reason and bytes, and changes nothing", async () => {
  const driver = new MemoryDriver();
  const gone = await pushImage(at(driver), ["layer"]);
  await forget(driver, gone);
  const before = await filesBelow(driver);
  const listed: Garbage[] = [];
  const planned = await collectNow(driver, {
    dryRun: true,
    onGarbage: (garbage) => listed.push(garbage),
  });
  assertEquals(await filesBelow(driver), before);
  assertEquals(
    listed.map(({ item, bytes, reason }) => [item.kind, bytes > 0, reason]).sort(),
    [
      ...Array(3).fill(["blob", true, "no repository links to it"]),
      ...Array(2).fill(["layer", false, "no manifest of the repository names it"]),
    ],
  );
  assertEquals(await collectNow(driver), planned);
});

Deno.test("a narrow round takes only what it was told of, and counts the links of other repositories", async () => {
  const driver = new MemoryDriver();
  const gone = await pushImage(at(driver), ["shared", "own"]);
  await pushImage(at(driver, S), ["shared"]);
  await pushBlob(at(driver), "not asked for");
  await forget(driver, gone);
  const named = await Promise.all(["shared", "own"].map(async (text) => {
    const digest = await sha256(text);
    return { repository: R, digest, canonical: digest };
  }));
  const scope = only([...named, { repository: R, digest: gone, canonical: gone }]);
  const reads: string[] = [];
  const watched = new InterposedDriver(driver, (operation, path) => {
    if (operation === "read") reads.push(path);
    return Promise.resolve();
  });
  const report = await collectNow(watched, { scope });
  assertEquals([report.blobs, report.layers], [2, 2]);
  assertEquals(reads, []); // no manifest of another repository
  await at(driver, S).blobs.stat(await sha256("shared"));
  assertEquals(await has(driver, blobPath(await sha256("not asked for"))), true);
  assertEquals(await has(driver, blobPath(await sha256("own"))), false);
});

Deno.test("a narrow round beside another collector's generation reads all manifests, and takes no data whose link is hidden there", async () => {
  const driver = new MemoryDriver();
  const gone = await pushImage(at(driver), ["shared"]);
  await pushImage(at(driver, S), ["shared"]);
  await forget(driver, gone);
  const digest = await sha256("shared");
  const link = layerLinkPath(S, digest);
  await driver.putContent(`${TRASH}/open-1/alive`, utf8("1"));
  await driver.move(link, hiddenPath("open-1", link));
  await collectNow(driver, { scope: only([{ repository: R, digest, canonical: digest }]) });
  assertEquals((await at(driver, S).blobs.stat(digest)).size, 6);
});

Deno.test("what a dead collector has hidden comes back, and what a closed generation holds is finished", async () => {
  const driver = new MemoryDriver();
  const digest = await pushImage(at(driver), ["layer"], ["it"]);
  const garbage = await pushBlob(at(driver, S), "garbage");
  const before = await filesBelow(driver);
  const hide = async (generation: string, path: string) =>
    await driver.move(path, hiddenPath(generation, path));
  await hide("open-1", layerLinkPath(R, await sha256("layer")));
  await hide("open-1", blobPath(await sha256("layer")));
  await hide("closed-1", blobPath(digest));
  await hide("closed-1", layerLinkPath(S, garbage));
  await hide("closed-1", blobPath(garbage));
  await collectNow(driver, { deadAfter: 0 });
  assertEquals(
    await filesBelow(driver),
    before.filter((path) => path !== layerLinkPath(S, garbage) && path !== blobPath(garbage)),
  );
  assertEquals(await driver.list(TRASH), []);
});

Deno.test("finishGenerations() cleans the trash as a round does, and takes nothing else", async () => {
  const driver = new MemoryDriver();
  await pushImage(at(driver), ["layer"], ["it"]);
  const garbage = await pushBlob(at(driver, S), "garbage");
  const before = await filesBelow(driver);
  const options = { driver, clock: systemClock, grace: 0, keep: 0, deadAfter: 0 };
  assertEquals(await finishGenerations(options), undefined);
  const layer = await sha256("layer");
  for (const path of [layerLinkPath(R, layer), blobPath(layer)]) {
    await driver.move(path, hiddenPath("closed-1", path));
  }
  await driver.putContent(`${TRASH}/open-1/alive`, utf8("1"));
  assertEquals((await finishGenerations(options))?.putBack, 2);
  assertEquals([await filesBelow(driver), await driver.list(TRASH)], [before, []]);
  assertEquals(await has(driver, blobPath(garbage)), true);
});

Deno.test("a collector that is taken for dead notices, and everything is in place", async () => {
  const driver = new MemoryDriver();
  await forget(driver, await pushImage(at(driver), ["layer"]));
  const before = await filesBelow(driver);
  let other = false;
  const slow = new InterposedDriver(driver, async (operation, path) => {
    if (operation !== "move" || !path.includes("blobs") || other) return;
    other = true;
    await collectNow(driver, { deadAfter: 0, grace: 1_000_000 });
  });
  await assertRejects(() => collectNow(slow), LostGenerationError);
  assert(other);
  assertEquals(await filesBelow(driver), before);
});

Deno.test("an item that left a file in the generation before stays in place until a later round", async () => {
  const driver = new MemoryDriver();
  await pushBlob(at(driver), "garbage");
  const link = layerLinkPath(R, await sha256("garbage"));
  const watched = new InterposedDriver(driver, async (operation, path) => {
    if (operation !== "move" || !link.startsWith(path)) return;
    const [generation] = await driver.list(TRASH);
    await driver.putContent(hiddenPath(generation ?? "", `${path}/link.tmp`), utf8(""));
  });
  assertEquals((await collectNow(watched)).layers, 0);
  assertEquals(await has(driver, link), true);
  assertEquals([(await collectNow(driver)).layers, await has(driver, link)], [1, false]);
});

Deno.test("a round that is broken off puts back what it has hidden", async () => {
  const driver = new MemoryDriver();
  await forget(driver, await pushImage(at(driver), ["one", "two", "three"]));
  const before = await filesBelow(driver);
  const abort = new AbortController();
  const watched = new InterposedDriver(driver, (operation) => {
    if (operation === "move") abort.abort(new Error("stopped"));
    return Promise.resolve();
  });
  await assertRejects(() => collectNow(watched, { signal: abort.signal }), Error, "stopped");
  assertEquals(await filesBelow(driver), before);
});
