import { assertEquals, assertRejects } from "@std/assert";
import { StorageError } from "../../src/storage/driver.ts";
import { MemoryDriver } from "../../src/storage/memory.ts";
import { testStorageDriver } from "../contract/storage_driver.ts";

async function filesBelow(driver: MemoryDriver, folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await driver.list(folder)) {
    const path = folder === "/" ? `/${name}` : `${folder}/${name}`;
    if ((await driver.stat(path)).isFolder) found.push(...await filesBelow(driver, path));
    else found.push(path);
  }
  return found;
}

testStorageDriver("inmemory", () => {
  const driver = new MemoryDriver();
  return Promise.resolve({
    driver,
    cleanup: () => Promise.resolve(),
    strayFiles: () => filesBelow(driver, "/"),
  });
});

Deno.test("inmemory keeps the modification times of its clock", async () => {
  let now = 1000;
  const driver = new MemoryDriver(() => now);
  await driver.putContent("/a/b", new Uint8Array(1));
  assertEquals((await driver.stat("/a/b")).modified, new Date(1000));
  now = 2000;
  await driver.touch("/a/b");
  assertEquals((await driver.stat("/a/b")).modified, new Date(2000));
  now = 3000;
  await driver.putContent("/a/c", new Uint8Array(1));
  assertEquals((await driver.stat("/a")).modified, new Date(3000));
});

Deno.test("inmemory takes a content that its caller changes later", async () => {
  const driver = new MemoryDriver();
  const content = new Uint8Array(32 * 1024).fill(1);
  await driver.putContent("/a", content);
  content.fill(2);
  assertEquals((await driver.getContent("/a"))[0], 1);
  (await driver.getContent("/a")).fill(3);
  assertEquals((await driver.getContent("/a"))[0], 1);
});

Deno.test("inmemory refuses every call after close", async () => {
  const driver = new MemoryDriver();
  await driver.close();
  await assertRejects(() => driver.list("/"), StorageError, "the storage is closed");
});
