import { createHash } from "node:crypto";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { PathNotFoundError, StorageError } from "../../src/storage/driver.ts";
import { FilesystemDriver } from "../../src/storage/filesystem.ts";
import { WorkerTree } from "../../src/storage/worker_tree.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { filesBelow } from "./files_below.ts";

const FAULTY = new URL("./faulty_tree_worker.ts", import.meta.url);

const text = (value: string) => new TextEncoder().encode(value);

interface Faulty {
  readonly folder: TempFolder;
  readonly driver: FilesystemDriver;
}

async function faulty(run: (test: Faulty) => Promise<void>): Promise<void> {
  await using folder = await TempFolder.make();
  const driver = new FilesystemDriver({ root: folder.path, treeWorkerUrl: FAULTY });
  try {
    await run({ folder, driver });
  } finally {
    await driver.close();
  }
}

for (const code of ["ENOSPC", "EACCES", "EIO"]) {
  Deno.test(`a put that meets ${code} in the worker rejects with it, and leaves the old`, () =>
    faulty(async ({ folder, driver }) => {
      const path = `/fail.file.sync.2.${code}/x`;
      await driver.putContent(path, text("old"));
      const error = await assertRejects(() => driver.putContent(path, text("new")), StorageError);
      assertEquals([error.code, error.action, error.path], [code, "write", path]);
      assertEquals(await driver.getContent(path), text("old"));
      assertEquals((await filesBelow(folder.path)).length, 1);
      await driver.putContent(path, text("new"));
      assertEquals(await driver.getContent(path), text("new"));
    }));
}

Deno.test("what the worker doesn't find is an absent path", () =>
  faulty(async ({ driver }) => {
    const calls = [
      () => driver.move("/absent/a", "/b"),
      () => driver.remove("/absent"),
      () => driver.remove("/absent", { lazy: true }),
      () => driver.touch("/absent"),
    ];
    for (const call of calls) await assertRejects(call, PathNotFoundError);
  }));

Deno.test("a small upload whose sync fails in the worker is never committed, and nothing of it stays", () =>
  faulty(async ({ driver }) => {
    const path = "/fail.file.sync.1.EIO/data";
    const writer = await driver.openWriter(path, { hash: ["sha256"] });
    await writer.write(text("x"));
    const error = await assertRejects(() => writer.commit(), StorageError);
    assertEquals(error.code, "EIO");
    await assertRejects(() => writer.commit(), StorageError);
    assertEquals((await driver.stat(path)).size, 0);
  }));

Deno.test("a small upload that pauses is hashed whole", () =>
  faulty(async ({ driver }) => {
    const writer = await driver.openWriter("/u/data", { hash: ["sha256"] });
    for (const part of ["a", "b", "c"]) {
      await writer.write(text(part));
      await writer.flush();
      assertEquals((await driver.stat("/u/data")).size, writer.size);
    }
    await writer.write(text("d"));
    const expected = createHash("sha256").update("abcd").digest("hex");
    assertEquals((await writer.commit()).get("sha256"), expected);
  }));

Deno.test("a worker that dies fails the calls that it had, and the next call gets another worker", () =>
  faulty(async ({ driver }) => {
    await driver.putContent("/before", text("x"));
    const calls = [
      driver.putContent("/fail.rename.1.HANG/x", text("x")),
      driver.putContent("/fail.rename.1.CRASH/x", text("x")),
    ];
    for (const result of await Promise.allSettled(calls)) {
      assert(result.status === "rejected");
      assert(result.reason instanceof StorageError, String(result.reason));
      assertEquals(result.reason.code, undefined);
      assert(String((result.reason.cause as Error).message).includes("the tree worker died"));
    }
    await driver.putContent("/before", text("y"));
    assertEquals(await driver.getContent("/before"), text("y"));
    assertEquals(await driver.sizes(["/before", "/after"]), [1, undefined]);
  }));

Deno.test("close() fails the calls that are under way, and every later one", async () => {
  await using folder = await TempFolder.make();
  const driver = new FilesystemDriver({ root: folder.path, treeWorkerUrl: FAULTY });
  await driver.putContent("/before", text("x"));
  const calls = [
    driver.putContent("/fail.rename.1.HANG/x", text("x")),
    driver.remove("/before"),
    driver.sizes(["/before"]),
  ];
  const ended = Promise.allSettled(calls);
  await driver.close();
  for (const result of await ended) {
    assert(result.status === "rejected" && result.reason instanceof StorageError);
  }
  await assertRejects(() => driver.putContent("/after", text("x")), StorageError);
  await assertRejects(() => driver.sizes(["/after"]), StorageError);
});

Deno.test("a worker that answers nothing within the limit is given up", async () => {
  await using folder = await TempFolder.make();
  const tree = new WorkerTree({ root: folder.path, url: FAULTY, stallLimit: 1 });
  const error = await assertRejects(() => tree.replace("/fail.rename.1.HANG/x", text("x"), true));
  assertEquals((error as { code?: string }).code, "ETIMEDOUT");
  tree.close();
});

Deno.test("a part of a buffer goes to the worker without the rest, and stays with its owner", () =>
  faulty(async ({ driver }) => {
    const buffer = new Uint8Array(1024).fill(7);
    await driver.putContent("/a", buffer.subarray(10, 13));
    assertEquals(await driver.getContent("/a"), new Uint8Array([7, 7, 7]));
    assertEquals(buffer.length, 1024);
  }));

async function commitSmall(driver: FilesystemDriver, path: string): Promise<string | undefined> {
  const writer = await driver.openWriter(path, { hash: ["sha256"] });
  await writer.write(text("x"));
  return (await writer.commit()).get("sha256");
}

const sha256 = (value: string) => createHash("sha256").update(value).digest("hex");

for (const code of ["EMFILE", "ENFILE"]) {
  const assertFails = async (call: () => Promise<unknown>) =>
    assertEquals((await assertRejects(call, StorageError)).code, code);

  Deno.test(`a put that meets ${code} leaves nothing, and works when files can be opened`, () =>
    faulty(async ({ folder, driver }) => {
      const path = `/fail.create.1.${code}/x`;
      await assertFails(() => driver.putContent(path, text("x")));
      assertEquals(await filesBelow(folder.path), []);
      await driver.putContent(path, text("x"));
      assertEquals(await driver.getContent(path), text("x"));
    }));

  Deno.test(`a small upload that meets ${code} at its first byte leaves nothing, and works then`, () =>
    faulty(async ({ folder, driver }) => {
      const path = `/fail.create.1.${code}/data`;
      await assertFails(() => commitSmall(driver, path));
      assertEquals(await filesBelow(folder.path), []);
      assertEquals(await commitSmall(driver, path), sha256("x"));
    }));

  Deno.test(`a small upload that meets ${code} when it goes on leaves what was there, and works then`, () =>
    faulty(async ({ driver }) => {
      const path = `/fail.openToWrite.1.${code}/data`;
      await driver.putContent(path, text("x"));
      await assertFails(() => commitSmall(driver, path));
      assertEquals(await driver.getContent(path), text("x"));
      assertEquals(await commitSmall(driver, path), sha256("xx"));
    }));

  Deno.test(`a move that meets ${code} moves nothing, and works then`, () =>
    faulty(async ({ driver }) => {
      const path = `/fail.openToWrite.1.${code}/data`;
      await driver.putContent(path, text("x"));
      await assertFails(() => driver.move(path, "/to", { size: 1 }));
      assertEquals(await driver.sizes([path, "/to"]), [1, undefined]);
      await driver.move(path, "/to", { size: 1 });
      assertEquals(await driver.getContent("/to"), text("x"));
    }));
}
