import { assert, assertEquals, assertRejects } from "@std/assert";
import { InvalidPathError, StorageError } from "../../src/storage/driver.ts";
import { assertAbsent } from "./storage_driver_content.ts";
import { assertBytes, type DriverCase, writeStream } from "./storage_driver_scratch.ts";

const KIB = 1024;

export const OUR_CASES: Readonly<Record<string, DriverCase>> = {
  "no call takes a path that could lead out of the root": async (driver) => {
    for (
      const path of ["/..", "/../a", "/a/../b", "/a/.", "/./a", "/a\0b", "/a b", "/a/%2e", "/é"]
    ) {
      const calls: (() => Promise<unknown>)[] = [
        () => driver.stat(path),
        () => driver.getContent(path),
        () => driver.putContent(path, new Uint8Array(1)),
        () => driver.read(path),
        () => driver.openWriter(path),
        () => driver.list(path),
        () => driver.move(path, "/b"),
        () => driver.move("/a", path),
        () => driver.remove(path),
        async () => await driver.touch?.(path) ?? driver.stat(path),
      ];
      for (const call of calls) await assertRejects(call, InvalidPathError);
    }
    await assertRejects(() => driver.remove("/"), InvalidPathError);
  },

  "contents put at once to one path end in one of them, whole": async (driver, scratch) => {
    const path = scratch.path();
    const contents = Array.from({ length: 16 }, (_, i) => scratch.bytes(1000 + i));
    const readers = contents.map(async (content) => {
      await driver.putContent(path, content.slice());
      return await driver.getContent(path);
    });
    for (const seen of await Promise.all(readers)) {
      assertBytes(seen, contents[seen.length - 1000]!);
    }
  },

  "a source stays readable while its file is replaced, moved or removed": async (
    driver,
    scratch,
  ) => {
    const [path, elsewhere] = [scratch.path(), scratch.path()];
    const content = scratch.bytes(300 * KIB);
    await driver.putContent(path, content.slice());
    const source = await driver.read(path);
    const check = async () => {
      const into = new Uint8Array(content.length);
      for (let at = 0; at < into.length;) {
        at += await source.read(into.subarray(at), at);
      }
      assertBytes(into, content);
    };
    await driver.putContent(path, scratch.bytes(10));
    await check();
    await driver.move(path, elsewhere);
    await check();
    await driver.remove(elsewhere);
    await check();
    source.close();
    source.close();
    await assertRejects(() => source.read(new Uint8Array(1), 0), StorageError);
  },

  "reads of one source may overlap, and closing waits for them": async (driver, scratch) => {
    const path = scratch.path();
    const content = scratch.bytes(900 * KIB);
    await driver.putContent(path, content.slice());
    const source = await driver.read(path);
    const parts = Array.from({ length: 9 }, (_, i) => {
      const into = new Uint8Array(100 * KIB);
      return source.read(into, i * 100 * KIB).then((count) => into.subarray(0, count));
    });
    source.close();
    for (const [i, part] of (await Promise.all(parts)).entries()) {
      assertBytes(part, content.subarray(i * 100 * KIB, (i + 1) * 100 * KIB));
    }
  },

  "readNow and view agree with read": async (driver, scratch) => {
    const path = scratch.path();
    const content = scratch.bytes(1200 * KIB);
    await writeStream(driver, path, content);
    const source = await driver.read(path);
    for (const at of [0, 1, 64 * KIB, 1024 * KIB - 5, content.length - 3, content.length]) {
      const expected = content.subarray(at, at + 10);
      const into = new Uint8Array(10);
      const now = source.readNow?.(into, at);
      if (now !== undefined) assertBytes(into.subarray(0, now), expected);
      const view = source.view?.(at, 10);
      if (view !== undefined) assertBytes(view, expected.subarray(0, view.length));
      if (view !== undefined && expected.length > 0) assert(view.length > 0);
    }
    source.close();
  },

  "a list of a file, and what is below a file, are absent paths": async (driver, scratch) => {
    const path = scratch.path();
    await driver.putContent(path, scratch.bytes(3));
    await assertAbsent(driver, driver.list(path));
    await assertAbsent(driver, driver.stat(`${path}/x`));
    await assertAbsent(driver, driver.getContent(`${path}/x`));
    await assertAbsent(driver, driver.read(`${path}/x`));
    await assertAbsent(driver, driver.remove(`${path}/x`));
    const put = await assertRejects(
      () => driver.putContent(`${path}/x`, new Uint8Array(1)),
      StorageError,
    );
    assertEquals(put.code, "ENOTDIR");
  },

  "a folder in the place of a file is an error of the store": async (driver, scratch) => {
    const folder = scratch.path();
    await driver.putContent(`${folder}/file`, scratch.bytes(3));
    const calls: (() => Promise<unknown>)[] = [
      () => driver.getContent(folder),
      () => driver.read(folder),
      () => driver.putContent(folder, new Uint8Array(1)),
      () => driver.openWriter(folder),
      () => driver.move(`${folder}/file`, folder),
    ];
    for (const call of calls) await assertRejects(call, StorageError);
    assertEquals(await driver.list(folder), ["file"]);
  },

  "a folder moves with all below it, over an empty folder too": async (driver, scratch) => {
    const [from, to] = [scratch.path(), scratch.path()];
    await driver.putContent(`${from}/a/b`, scratch.bytes(5));
    await driver.putContent(`${to}/gone`, scratch.bytes(5));
    const full = await assertRejects(() => driver.move(from, to), StorageError);
    assertEquals(full.code, "ENOTEMPTY");
    await driver.remove(`${to}/gone`);
    assertEquals(await driver.list(to), []);
    await driver.move(from, to);
    assertEquals((await driver.getContent(`${to}/a/b`)).length, 5);
    await assertAbsent(driver, driver.stat(from));
    await driver.putContent(`${from}/a/b`, scratch.bytes(6)); // the folders are made again
    assertEquals((await driver.getContent(`${from}/a/b`)).length, 6);
  },

  "a move of a file that has another size than its mover knows is refused": async (
    driver,
    scratch,
  ) => {
    const [from, to] = [scratch.path(), scratch.path()];
    await driver.putContent(from, scratch.bytes(5));
    for (const size of [0, 4, 6]) {
      const error = await assertRejects(() => driver.move(from, to, { size }), StorageError);
      assertEquals(error.code, "EBUSY");
    }
    await assertAbsent(driver, driver.stat(to));
    await driver.move(from, to, { size: 5 });
    assertEquals((await driver.stat(to)).size, 5);
    await assertAbsent(driver, driver.move(from, to, { size: 5 }));
  },

  "folders that were removed are made again": async (driver, scratch) => {
    const path = scratch.path();
    for (let i = 0; i < 3; i++) {
      await driver.putContent(`${path}/x/y`, scratch.bytes(i));
      await driver.remove(path, { lazy: i === 1 });
    }
    const writer = await driver.openWriter(`${path}/x/y`);
    await writer.write(new Uint8Array(300 * KIB));
    await writer.commit();
    assertEquals((await driver.stat(`${path}/x/y`)).size, 300 * KIB);
  },

  "puts beside removals of their folder succeed or are gone": async (driver, scratch) => {
    const folder = scratch.path();
    const put = Array.from(
      { length: 8 },
      (_, i) => driver.putContent(`${folder}/sub/${i}`, scratch.bytes(i)),
    );
    const removals = Array.from({ length: 4 }, () => driver.remove(folder).catch((error) => error));
    await Promise.all([...put, ...removals]);
    await driver.putContent(`${folder}/sub/last`, scratch.bytes(9));
    assertEquals((await driver.getContent(`${folder}/sub/last`)).length, 9);
  },

  "touch sets the modification time to now, of files only that exist": async (driver, scratch) => {
    if (driver.touch === undefined) return;
    const path = scratch.path();
    await assertAbsent(driver, driver.touch(path));
    await driver.putContent(path, scratch.bytes(5));
    const before = (await driver.stat(path)).modified.getTime();
    await driver.touch(path);
    assert((await driver.stat(path)).modified.getTime() >= before);
    assertEquals((await driver.getContent(path)).length, 5);
  },

  "a lazy putContent() replaces the content for readers": async (driver, scratch) => {
    const path = scratch.path();
    await driver.putContent(path, scratch.bytes(5), { lazy: true });
    const content = scratch.bytes(7);
    await driver.putContent(path, content.slice(), { lazy: true });
    assertBytes(await driver.getContent(path), content);
  },

  "sizes() tells those of files, and undefined for all else": async (driver, scratch) => {
    if (driver.sizes === undefined) return;
    const [path, other] = [scratch.path(), scratch.path()];
    await driver.putContent(`${path}/file`, scratch.bytes(5));
    await driver.putContent(other, new Uint8Array(0));
    const paths = [other, "/absent", `${path}/file`, path, "no path", `${path}/file/x`, other];
    const sizes = [0, undefined, 5, undefined, undefined, undefined, 0];
    assertEquals(await driver.sizes(paths), sizes);
    assertEquals(await driver.sizes(["/../a"]), [undefined]);
    assertEquals(await driver.sizes([]), []);
  },
};
