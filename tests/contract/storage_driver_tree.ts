import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { PathNotFoundError } from "../../src/storage/driver.ts";
import { assertAbsent } from "./storage_driver_content.ts";
import { assertBytes, type DriverCase } from "./storage_driver_scratch.ts";

export const TREE_CASES: Readonly<Record<string, DriverCase>> = {
  "TestList names the direct children, sorted": async (driver, scratch) => {
    const root = scratch.at("/" + scratch.name(12));
    await assertAbsent(driver, driver.list(`${root}/nonexistent`));

    const parent = scratch.name(10);
    const names = new Set(Array.from({ length: 50 }, (_, i) => `${scratch.name(8)}${i}`));
    names.add("B").add("a-b").add("a.b").add("a_b").add("ab").add("a");
    for (const name of names) {
      await driver.putContent(`${root}/${parent}/${name}`, scratch.bytes(32));
    }
    assertEquals(await driver.list("/"), [root.slice(1)]);
    assertEquals(await driver.list(root), [parent]);
    const inByteOrder = [...names].sort((a, b) => a < b ? -1 : 1);
    assertEquals(await driver.list(`${root}/${parent}`), inByteOrder);
  },

  "TestMove the file is at the new path only": async (driver, scratch) => {
    const [from, to, content] = [scratch.path(), scratch.path(), scratch.bytes(32)];
    await driver.putContent(from, content.slice());
    await driver.move(from, to);
    assertBytes(await driver.getContent(to), content);
    await assertAbsent(driver, driver.getContent(from));
  },

  "TestMoveOverwrite replaces the file that is at the new path": async (driver, scratch) => {
    const [from, to, content] = [scratch.path(), scratch.path(), scratch.bytes(32)];
    await driver.putContent(from, content.slice());
    await driver.putContent(to, scratch.bytes(64));
    await driver.move(from, to);
    assertBytes(await driver.getContent(to), content);
    await assertAbsent(driver, driver.getContent(from));
  },

  "TestMoveNonexistent leaves the new path alone": async (driver, scratch) => {
    const [from, to, content] = [scratch.path(), scratch.path(), scratch.bytes(32)];
    await driver.putContent(to, content.slice());
    await assertAbsent(driver, driver.move(from, to));
    assertBytes(await driver.getContent(to), content);
  },

  "TestMoveInvalid fails below a file": async (driver, scratch) => {
    const file = scratch.at("/notadir");
    await driver.putContent(file, scratch.bytes(32));
    await assertRejects(() => driver.move(`${file}/foo`, `${file}/bar`), Error);
  },

  "TestDelete the file is gone": async (driver, scratch) => {
    const path = scratch.path();
    await driver.putContent(path, scratch.bytes(32));
    await driver.remove(path);
    await assertAbsent(driver, driver.getContent(path));
  },

  "TestDeleteNonexistent remove() of an absent path": async (driver, scratch) => {
    await assertAbsent(driver, driver.remove(scratch.path()));
  },

  "TestDeleteFolder removes all below, and nothing beside": async (driver, scratch) => {
    const folder = scratch.path();
    const files = ["one", "two", "three"].map((name) => `${folder}/${name}`);
    for (const file of files) await driver.putContent(file, scratch.bytes(32));
    await driver.remove(files[0]!);
    await assertAbsent(driver, driver.getContent(files[0]!));
    assertEquals((await driver.getContent(files[1]!)).length, 32);
    assertEquals((await driver.getContent(files[2]!)).length, 32);
    await driver.remove(folder);
    for (const file of files) await assertAbsent(driver, driver.getContent(file));
    await assertAbsent(driver, driver.stat(folder));
  },

  "TestDeleteOnlyDeletesSubpaths not what merely begins alike": async (driver, scratch) => {
    const folder = scratch.path();
    const paths = ["f", "fsuffix", "d/f", "dsuffix/f"].map((name) => `${folder}/${name}`);
    for (const path of paths) await driver.putContent(path, scratch.bytes(32));
    await driver.remove(paths[0]!);
    await assertAbsent(driver, driver.getContent(paths[0]!));
    assertEquals((await driver.getContent(paths[1]!)).length, 32);
    await driver.remove(`${folder}/d`);
    await assertAbsent(driver, driver.getContent(paths[2]!));
    assertEquals((await driver.getContent(paths[3]!)).length, 32);
  },

  "TestStatCall tells size, kind and modification time": async (driver, scratch) => {
    const folder = scratch.path();
    const path = `${folder}/${scratch.name(32)}`;
    for (const absent of [folder, path]) {
      const error = await driver.stat(absent).catch((error) => error);
      assertInstanceOf(error, PathNotFoundError);
      assertEquals(error.path, absent);
    }
    const before = Date.now();
    await driver.putContent(path, scratch.bytes(4096));
    const first = await driver.stat(path);
    assertEquals([first.isFolder, first.size], [false, 4096]);
    // File systems round times to a few milliseconds, some of them to whole seconds.
    assert(first.modified.getTime() >= before - 2000);
    await driver.putContent(path, scratch.bytes(4096));
    assert((await driver.stat(path)).modified.getTime() >= first.modified.getTime());
    const { isFolder, size } = await driver.stat(folder);
    assertEquals([isFolder, size], [true, 0]);
  },
};
