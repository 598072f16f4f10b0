import { assert, assertEquals, assertRejects } from "@std/assert";
import { NO_METRICS } from "../../src/metrics/metrics.ts";
import { PathNotFoundError, type StorageDriver } from "../../src/storage/driver.ts";
import { measured } from "../../src/storage/measured_driver.ts";
import { MemoryDriver } from "../../src/storage/memory.ts";
import { testStorageDriver } from "../contract/storage_driver.ts";

/** A measured driver with what it told. */
function watch(driver: StorageDriver) {
  const actions: string[] = [];
  const storageAction = (action: string, seconds: number) => {
    assert(seconds >= 0);
    actions.push(action);
  };
  return { driver: measured(driver, { ...NO_METRICS, storageAction }), actions };
}

testStorageDriver("measured", () =>
  Promise.resolve({
    driver: watch(new MemoryDriver()).driver,
    cleanup: () => Promise.resolve(),
    strayFiles: () => Promise.resolve([]),
  }));

Deno.test("measured tells each call by distribution's name of the action", async () => {
  const { driver, actions } = watch(new MemoryDriver());
  await driver.putContent("/a/b", new Uint8Array(3));
  await driver.getContent("/a/b");
  await driver.stat("/a/b");
  await driver.sizes?.(["/a/b", "/a/c"]);
  await driver.list("/a");
  await driver.move("/a/b", "/a/c");
  (await driver.read("/a/c")).close();
  await (await driver.openWriter("/a/d")).cancel();
  await driver.touch?.("/a/c");
  await driver.remove("/a");
  await driver.close();
  const sizes = driver.sizes ? ["Stat"] : [];
  assertEquals(actions, ["PutContent", "GetContent", "Stat", ...sizes, "List", "Move", "Delete"]);
});

Deno.test("measured tells of a call that fails, and fails as the driver does", async () => {
  const { driver, actions } = watch(new MemoryDriver());
  await assertRejects(() => driver.getContent("/none"), PathNotFoundError);
  await driver.close();
  assertEquals(actions, ["GetContent"]);
});

/** The methods that every driver has. */
function bare(): StorageDriver {
  const memory = new MemoryDriver();
  return {
    name: memory.name,
    stat: (path) => memory.stat(path),
    getContent: (path) => memory.getContent(path),
    putContent: (path, content, options) => memory.putContent(path, content, options),
    read: (path) => memory.read(path),
    openWriter: (path, options) => memory.openWriter(path, options),
    list: (path) => memory.list(path),
    move: (from, to, options) => memory.move(from, to, options),
    remove: (path, options) => memory.remove(path, options),
    close: () => memory.close(),
  };
}

Deno.test("measured has the optional methods that its driver has, and no others", async () => {
  const without = watch(bare()).driver;
  for (const name of ["sizes", "touch", "redirectUrl"]) assert(!(name in without), name);

  const { driver, actions } = watch({
    ...bare(),
    sizes: (paths) => Promise.resolve(paths.map(() => 5)),
    touch: () => Promise.resolve(),
    redirectUrl: (path, method) => Promise.resolve(`${method} ${path}`),
  });
  assertEquals(await driver.sizes?.(["/a", "/b"]), [5, 5]);
  assertEquals(await driver.redirectUrl?.("/a", "GET"), "GET /a");
  await driver.touch?.("/a");
  assertEquals(actions, ["Stat", "RedirectURL"]);
  assertEquals(driver.name, "inmemory");
});
