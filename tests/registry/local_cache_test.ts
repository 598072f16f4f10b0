import { assert, assertEquals, assertRejects } from "@std/assert";
import { digestOf } from "../../src/oci/digest.ts";
import { RegistryError } from "../../src/oci/error.ts";
import { OCI_IMAGE, OCI_INDEX } from "../../src/oci/media_type.ts";
import type { Reference } from "../../src/oci/reference.ts";
import type { CacheStore } from "../../src/proxy/cache_store.ts";
import { LocalRegistry } from "../../src/registry/local_registry.ts";
import { STRICT } from "../../src/registry/manifest_policy.ts";
import type { StorageDriver } from "../../src/storage/driver.ts";
import { FilesystemDriver } from "../../src/storage/filesystem.ts";
import { MemoryDriver } from "../../src/storage/memory.ts";
import { collectNow, filesBelow } from "../support/collecting.ts";
import { imageOf, indexOf, name, sha256, tag, utf8 } from "../support/content.ts";
import { eventually } from "../support/eventually.ts";
import { KIB, MIB, noise, takeAll } from "../support/fill_world.ts";
import { InterposedDriver } from "../support/interposed_driver.ts";
import { ManualTime } from "../support/manual_time.ts";
import { TempFolder } from "../support/temp_folder.ts";

const APP = name("docker.io/library/app");

interface World {
  readonly driver: StorageDriver;
  readonly time: ManualTime;
  readonly local: LocalRegistry;
  readonly cache: CacheStore;
  /** As one that was just started. */
  fresh(): LocalRegistry;
}

function onBoth(title: string, run: (world: World) => Promise<void>): void {
  const inWorld = async (make: (time: ManualTime) => StorageDriver) => {
    const time = new ManualTime();
    const driver = make(time);
    const fresh = () => new LocalRegistry({ driver, policy: STRICT, clock: time });
    const local = fresh();
    try {
      await run({ driver, time, local, cache: local.cache, fresh });
    } finally {
      await driver.close();
    }
  };
  Deno.test(`in memory, ${title}`, () => inWorld(({ now }) => new MemoryDriver(now)));
  Deno.test(`in files, ${title}`, async () => {
    await using folder = await TempFolder.make();
    await inWorld(({ now }) => new FilesystemDriver({ root: folder.path, time: now }));
  });
}

function byDigest(digest: Awaited<ReturnType<typeof sha256>>): Reference {
  return { kind: "digest", digest };
}

onBoth("a blob is read while it is written, and after its commit", async ({ local, cache }) => {
  const content = noise(3 * MIB);
  const digest = await digestOf("sha256", content);
  let told = 0;
  const target = await cache.begin(APP, digest, { size: content.length, onWritten: () => told++ });
  await target.write(content.slice(0, 100));
  await eventually("the first bytes can be read", () => target.written === 100);
  const source = await target.open();
  const into = new Uint8Array(MIB);
  assertEquals(source.readNow?.(into, 0), 100);
  assertEquals(into.subarray(0, 100), content.subarray(0, 100));
  for (let at = 100; at < content.length; at += 70_000) {
    await target.write(content.slice(at, at + 70_000));
    const { written } = target;
    const count = source.readNow?.(into, Math.max(0, written - MIB)) ?? 0;
    assert(count >= Math.min(written, MIB));
  }
  await assertRejects(() => local.repository(APP).blobs.stat(digest), RegistryError);
  let verified = -1;
  await target.commit(() => verified = target.written);
  assertEquals(verified, content.length);
  assertEquals(source.readNow?.(into, 2 * MIB), MIB);
  assertEquals(into, content.subarray(2 * MIB));
  source.close();
  const late = await target.open();
  assertEquals(await late.read(into, 0), MIB);
  late.close();
  assert(told > 1);
  assertEquals(await takeAll((await local.repository(APP).blobs.open(digest)).source), content);
});

onBoth("a blob is verified by the digest that it is asked for by", async (world) => {
  for (const algorithm of ["sha256", "sha384", "sha512"] as const) {
    for (const size of [0, 10, 64 * KIB, 300 * KIB]) {
      const content = noise(size);
      const digest = await digestOf(algorithm, content);
      const target = await world.cache.begin(APP, digest, { size });
      if (size > 0) await target.write(content.slice());
      await target.commit();
      const { blobs } = world.fresh().repository(APP);
      assertEquals((await blobs.stat(digest)).size, size);
      assertEquals((await blobs.stat(await digestOf("sha256", content))).size, size);
      const wrong = await world.cache.begin(APP, digest, { size });
      if (size > 0) await wrong.write(noise(size, 2));
      else await wrong.write(utf8("x"));
      let isVerified = false;
      const error = await assertRejects(
        () => wrong.commit(() => isVerified = true),
        RegistryError,
      );
      assertEquals([error.code, isVerified], ["DIGEST_INVALID", false]);
    }
  }
  assertEquals((await filesBelow(world.driver)).filter((path) => path.includes("_uploads")), []);
});

onBoth("an aborted blob leaves nothing", async ({ driver, cache }) => {
  for (const size of [0, 10, MIB]) {
    const target = await cache.begin(APP, await sha256("x"), { size });
    if (size > 0) await target.write(noise(size));
    await target.abort();
    assertEquals(await filesBelow(driver), []);
  }
});

onBoth("an unfinished blob is an upload, of which purging knows the age", async (world) => {
  const target = await world.cache.begin(APP, await sha256("x"));
  await target.write(noise(MIB));
  await eventually("it is in the file", () => target.written === MIB);
  const paths = (await filesBelow(world.driver)).map((path) => path.split("/").slice(-3));
  assertEquals(paths.map(([folder, , file]) => [folder, file]), [
    ["_uploads", "data"],
    ["_uploads", "startedat"],
  ]);
  await target.abort();
});

Deno.test("whatever fails while a blob is begun or committed, nothing half is seen", async () => {
  const content = noise(300 * KIB);
  const digest = await digestOf("sha256", content);
  for (let fault = 0;; fault++) {
    const memory = new MemoryDriver();
    let failed = false;
    const driver = new InterposedDriver(memory, (_operation, _path, number) => {
      if (number !== fault) return Promise.resolve();
      failed = true;
      return Promise.reject(new Error("the disk failed"));
    });
    const local = new LocalRegistry({ driver, policy: STRICT, clock: new ManualTime() });
    const keep = async () => {
      const target = await local.cache.begin(APP, digest, { size: content.length });
      try {
        await target.write(content.slice());
        await target.commit();
      } catch (error) {
        await target.abort();
        throw error;
      }
    };
    const result = await keep().then(() => "kept", () => "failed");
    const after = new LocalRegistry({ driver: memory, policy: STRICT, clock: new ManualTime() });
    const there = await after.repository(APP).blobs.open(digest).catch(() => undefined);
    if (result === "kept") assert(there, `kept, but not there after fault ${fault}`);
    if (there) assertEquals(await takeAll(there.source), content);
    await memory.close();
    if (!failed) break;
  }
});

onBoth("a collector beside a commit takes nothing away", async (world) => {
  const content = noise(300 * KIB);
  const digest = await digestOf("sha256", content);
  let isHidden = false;
  const driver = new InterposedDriver(world.driver, async (operation, path) => {
    // Between the data and the link: the blob belongs to nobody.
    if (operation !== "putContent" || !path.includes("_layers") || isHidden) return;
    isHidden = true;
    await collectNow(world.driver, { keep: 1e9 });
  });
  const local = new LocalRegistry({ driver, policy: STRICT, clock: world.time });
  const target = await local.cache.begin(APP, digest, { size: content.length });
  await target.write(content.slice());
  await target.commit();
  assertEquals(isHidden, true);
  const blob = await world.fresh().repository(APP).blobs.open(digest);
  assertEquals(await takeAll(blob.source), content);
});

onBoth("a manifest is kept as it is, with what it names missing", async (world) => {
  const index = indexOf([await sha256("child")]);
  const odd = utf8(`{ "schemaVersion":2,\n\t"Layers": [], "manifests": "none" }`);
  const cases = [
    [index.bytes, OCI_INDEX],
    [odd, OCI_IMAGE],
    [odd, "application/vnd.example.odd+json"],
    [utf8("no JSON at all"), "text/plain"],
    [utf8(""), "application/octet-stream"],
    [
      utf8(`{"schemaVersion":1,"name":"x"}`),
      "application/vnd.docker.distribution.manifest.v1+json",
    ],
    [utf8(`{"mediaType":"application/x.y+json"}`), "application/x.y+json"],
  ] as const;
  for (const [bytes, mediaType] of cases) {
    for (const algorithm of ["sha256", "sha512"] as const) {
      const digest = await digestOf(algorithm, bytes);
      await world.cache.keepManifest(APP, { digest, mediaType, bytes });
      for (const local of [world.local, world.fresh()]) {
        const { manifests } = local.repository(APP);
        assertEquals(await manifests.get(byDigest(digest)), { digest, mediaType, bytes });
        const canonical = await digestOf("sha256", bytes);
        assertEquals((await manifests.stat(byDigest(canonical))).mediaType, mediaType);
      }
    }
  }
});

onBoth("what one repository's upstream says of a type holds for that one only", async (world) => {
  const bytes = utf8(`{"schemaVersion":2}`);
  const digest = await digestOf("sha256", bytes);
  const other = name("ghcr.io/other");
  await world.cache.keepManifest(APP, { digest, mediaType: "application/x.y+json", bytes });
  await world.cache.keepManifest(other, { digest, mediaType: OCI_IMAGE, bytes });
  for (const local of [world.local, world.fresh()]) {
    const typeIn = async (repository: typeof APP) =>
      (await local.repository(repository).manifests.stat(byDigest(digest))).mediaType;
    assertEquals(await typeIn(APP), "application/x.y+json");
    assertEquals(await typeIn(other), OCI_IMAGE);
  }
  await world.local.repository(APP).manifests.delete(byDigest(digest));
  await world.cache.keepManifest(APP, { digest, mediaType: OCI_IMAGE, bytes });
  const { manifests } = world.fresh().repository(APP);
  assertEquals((await manifests.stat(byDigest(digest))).mediaType, OCI_IMAGE);
});

onBoth("a manifest that is not what its digest says is refused", async (world) => {
  const digest = await sha256("something else");
  const kept = world.cache.keepManifest(APP, { digest, mediaType: OCI_IMAGE, bytes: utf8("{}") });
  assertEquals((await assertRejects(() => kept, RegistryError)).code, "DIGEST_INVALID");
  assertEquals(await filesBelow(world.driver), []);
});

onBoth("a referrer that is kept is listed", async (world) => {
  const subject = await sha256("subject");
  const { bytes } = await imageOf([], {
    subject: { mediaType: OCI_IMAGE, digest: subject, size: 7 },
    artifactType: "application/x.signature",
  });
  const digest = await digestOf("sha256", bytes);
  await world.cache.keepManifest(APP, { digest, mediaType: OCI_IMAGE, bytes });
  const { entries } = await world.fresh().repository(APP).referrers.list(subject);
  assertEquals(entries.map((entry) => [entry.digest, entry.artifactType]), [
    [digest, "application/x.signature"],
  ]);
});

onBoth("a tag tells when it was last known to be true", async (world) => {
  const { cache, time } = world;
  const [latest, one] = [tag("latest"), await sha256("one")];
  assertEquals(await cache.tag(APP, latest), undefined);
  await cache.refreshTag(APP, latest);
  await cache.forgetTag(APP, latest);
  await cache.keepTag(APP, latest, one);
  const keptAt = time.now();
  assertEquals(await cache.tag(APP, latest), { digest: one, checkedAt: keptAt });
  time.pass(5_000);
  const after = world.fresh().cache;
  assertEquals(await after.tag(APP, latest), { digest: one, checkedAt: keptAt });
  await after.refreshTag(APP, latest);
  assertEquals(await cache.tag(APP, latest), { digest: one, checkedAt: keptAt + 5_000 });
  time.pass(1_000);
  const two = await sha256("two");
  await cache.keepTag(APP, latest, two);
  assertEquals(await after.tag(APP, latest).then((it) => it?.checkedAt), keptAt + 6_000);
  time.pass(2_000);
  assertEquals(await after.tag(APP, latest), { digest: two, checkedAt: keptAt + 6_000 });
  await cache.forgetTag(APP, latest);
  assertEquals(await cache.tag(APP, latest), undefined);
});
