import { createHash } from "node:crypto";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { StorageError } from "../../src/storage/driver.ts";
import { FilesystemDriver } from "../../src/storage/filesystem.ts";
import { TempFolder } from "../support/temp_folder.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

async function faulty(run: (driver: FilesystemDriver) => Promise<void>): Promise<void> {
  await using folder = await TempFolder.make();
  const workerUrl = new URL("./faulty_store_worker.ts", import.meta.url);
  const driver = new FilesystemDriver({ root: folder.path, workers: 2, workerUrl });
  try {
    await run(driver);
  } finally {
    await driver.close();
  }
}

/** Uploads that many bytes of the value and commits. */
async function upload(
  driver: FilesystemDriver,
  path: string,
  bytes: number,
  value = 7,
): Promise<string | undefined> {
  const writer = await driver.openWriter(path, { hash: ["sha256"] });
  try {
    for (let at = 0; at < bytes; at += 64 * KIB) {
      await writer.write(new Uint8Array(64 * KIB).fill(value));
    }
    return (await writer.commit()).get("sha256");
  } catch (error) {
    await writer.close();
    throw error;
  }
}

function hashOf(bytes: number, value = 7): string {
  return createHash("sha256").update(new Uint8Array(bytes).fill(value)).digest("hex");
}

Deno.test("a full disk fails the upload with ENOSPC, and it goes on from what a stat tells", () =>
  faulty(async (driver) => {
    const error = await assertRejects(
      () => upload(driver, "/fail.write.6.ENOSPC/data", MIB),
      StorageError,
    );
    assertEquals(error.code, "ENOSPC");
    assertEquals(error.message, "filesystem: cannot write /fail.write.6.ENOSPC/data: ENOSPC");
    assertEquals((await driver.stat("/fail.write.6.ENOSPC/data")).size, 5 * 64 * KIB);

    await driver.move("/fail.write.6.ENOSPC/data", "/space/data");
    assertEquals(await upload(driver, "/space/data", 11 * 64 * KIB), hashOf(MIB));
  }));

Deno.test("a failed write sticks: nothing of the writer succeeds after it", () =>
  faulty(async (driver) => {
    const writer = await driver.openWriter("/fail.write.1.EIO/data", { hash: ["sha256"] });
    await writer.write(new Uint8Array(300 * KIB));
    await assertRejects(() => writer.flush(), StorageError);
    await assertRejects(() => writer.write(new Uint8Array(1)), StorageError);
    await assertRejects(() => writer.commit(), StorageError);
    await writer.close();
    assertEquals((await driver.stat("/fail.write.1.EIO/data")).size, 0);
  }));

Deno.test("a failed sync fails the commit, and what may be lost is cut off", () =>
  faulty(async (driver) => {
    const path = "/fail.sync.1.EIO/data";
    const error = await assertRejects(() => upload(driver, path, MIB), StorageError);
    assertEquals([error.code, error.action], ["EIO", "sync"]);
    assertEquals((await driver.stat(path)).size, 0);
  }));

Deno.test("a failed sync along the way fails the commit too", () =>
  faulty(async (driver) => {
    const path = "/fail.syncData.1.EIO/data";
    const error = await assertRejects(() => upload(driver, path, 40 * MIB), StorageError);
    assertEquals([error.code, error.action], ["EIO", "sync"]);
    assertEquals((await driver.stat(path)).size, 0);
  }));

Deno.test("what the first of two syncs brought to the disk stays when the second fails", () =>
  faulty(async (driver) => {
    const path = "/fail.syncData.2.EIO/data";
    const error = await assertRejects(() => upload(driver, path, 80 * MIB), StorageError);
    assertEquals(error.code, "EIO");
    const { size } = await driver.stat(path);
    assert(size >= 8 * MIB && size < 80 * MIB, `${size}`);
  }));

Deno.test("a system that takes half of a write gets the rest in another", () =>
  faulty(async (driver) => {
    assertEquals(await upload(driver, "/fail.write.3.SHORT/data", MIB), hashOf(MIB));
    assertEquals((await driver.stat("/fail.write.3.SHORT/data")).size, MIB);
  }));

Deno.test("a worker that dies fails its uploads, is replaced, and the others go on", () =>
  faulty(async (driver) => {
    const other = await driver.openWriter("/other/data", { hash: ["sha256"] });
    await other.write(new Uint8Array(512 * KIB).fill(7));
    await other.flush();
    const error = await assertRejects(
      () => upload(driver, "/fail.write.5.CRASH/data", MIB),
      StorageError,
    );
    assertEquals(error.code, undefined);
    await other.write(new Uint8Array(512 * KIB).fill(7));
    assertEquals((await other.commit()).get("sha256"), hashOf(MIB));

    const { size } = await driver.stat("/fail.write.5.CRASH/data");
    assert(size > 0 && size % (64 * KIB) === 0, `${size}`);
    await driver.move("/fail.write.5.CRASH/data", "/again/data");
    assertEquals(await upload(driver, "/again/data", MIB - size), hashOf(MIB));
  }));

Deno.test("many uploads at once keep their bytes apart", () =>
  faulty(async (driver) => {
    const hashes = Array.from({ length: 12 }, (_, i) => upload(driver, `/u${i}/data`, MIB, i));
    for (const [i, hash] of (await Promise.all(hashes)).entries()) {
      assertEquals(hash, hashOf(MIB, i));
    }
  }));

Deno.test("cancel() takes effect while chunks are on their way", () =>
  faulty(async (driver) => {
    const writer = await driver.openWriter("/gone/data", { hash: ["sha256"] });
    for (let i = 0; i < 20; i++) await writer.write(new Uint8Array(256 * KIB));
    await writer.cancel();
    assertEquals(await driver.list("/gone"), []);
    assertEquals(await upload(driver, "/gone/data", MIB), hashOf(MIB));
  }));

for (const code of ["EMFILE", "ENFILE"]) {
  Deno.test(`an upload that meets ${code} fails with it, holds nothing, and works when files can be opened`, () =>
    faulty(async (driver) => {
      const path = `/fail.open.1.${code}/data`;
      const error = await assertRejects(() => upload(driver, path, MIB), StorageError);
      assertEquals([error.code, error.path], [code, path]);
      assertEquals((await driver.stat(path)).size, 0);
      assertEquals(await upload(driver, path, MIB), hashOf(MIB));
      assertEquals(await driver.list(`/fail.open.1.${code}`), ["data"]);
    }));
}
