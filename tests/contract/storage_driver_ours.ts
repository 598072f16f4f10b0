import { createHash } from "node:crypto";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { InvalidPathError, StorageError } from "../../src/storage/driver.ts";
import { assertAbsent } from "./storage_driver_content.ts";
import {
  assertBytes,
  type DriverCase,
  readStream,
  writeInChunks,
  writeStream,
} from "./storage_driver_scratch.ts";

const KIB = 1024;
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Around the borders of what the drivers do with small and large chunks, messages and blocks. */
const SIZES = [0, 1, 16 * KIB - 1, 16 * KIB, 256 * KIB - 1, 256 * KIB, 256 * KIB + 1, 1025 * KIB];

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

  "a writer keeps the hashes it was asked for, at any size": async (driver, scratch) => {
    for (const size of SIZES) {
      const content = scratch.bytes(size);
      const path = scratch.path();
      const hashes = await writeStream(driver, path, content, { hash: ["sha256", "sha512"] });
      assertEquals(hashes.get("sha256"), sha256(content));
      assertEquals(hashes.get("sha512"), createHash("sha512").update(content).digest("hex"));
      assertEquals((await driver.stat(path)).size, size);
      assertBytes(await readStream(driver, path), content);
    }
  },

  "a writer hashes what was there before it": async (driver, scratch) => {
    for (const [first, then] of [[1, 1], [KIB, 600 * KIB], [600 * KIB, 0], [600 * KIB, KIB]]) {
      const content = scratch.bytes(first! + then!);
      const path = scratch.path();
      const writer = await driver.openWriter(path, { hash: ["sha256"] });
      await writeInChunks(writer, content.subarray(0, first));
      await writer.close();
      const hashes = await writeStream(driver, path, content.subarray(first), { hash: ["sha256"] });
      assertEquals(hashes.get("sha256"), sha256(content));
      assertBytes(await driver.getContent(path), content);
    }
  },

  "a flush shows all bytes to a stat, and the writer goes on": async (driver, scratch) => {
    const path = scratch.path();
    const content = scratch.bytes(900 * KIB);
    const writer = await driver.openWriter(path, { hash: ["sha256"] });
    let done = 0;
    for (const size of [0, 3, 100 * KIB, 0, 500 * KIB, 10]) {
      await writeInChunks(writer, content.subarray(done, done + size), 7000);
      await writer.flush();
      done += size;
      if (done > 0) assertEquals((await driver.stat(path)).size, done);
      assertEquals(writer.size, done);
    }
    await writeInChunks(writer, content.subarray(done));
    assertEquals((await writer.commit()).get("sha256"), sha256(content));
    assertBytes(await driver.getContent(path), content);
  },

  "a hash can be added before the first byte and not after it": async (driver, scratch) => {
    const path = scratch.path();
    const writer = await driver.openWriter(path, { hash: ["sha256"] });
    await writer.flush();
    writer.addHash("sha512");
    await writer.write(new TextEncoder().encode("abc"));
    let refused: unknown;
    try {
      writer.addHash("sha384");
    } catch (error) {
      refused = error;
    }
    assert(refused instanceof Error);
    assertEquals([...(await writer.commit()).keys()], ["sha256", "sha512"]);
  },

  "chunks that are views of a larger buffer arrive whole": async (driver, scratch) => {
    const path = scratch.path();
    const buffer = scratch.bytes(600 * KIB);
    const writer = await driver.openWriter(path, { hash: ["sha256"] });
    await writer.write(buffer.subarray(10, 20));
    await writer.write(buffer.subarray(20, 300 * KIB));
    await writer.write(buffer.subarray(300 * KIB, 600 * KIB));
    assertEquals((await writer.commit()).get("sha256"), sha256(buffer.subarray(10)));
    assertEquals(buffer.length, 600 * KIB); // not transferred: others use the buffer too
    assertBytes(await driver.getContent(path), buffer.subarray(10));
  },

  "truncate starts from nothing": async (driver, scratch) => {
    for (const size of [10, 600 * KIB]) {
      const path = scratch.path();
      await driver.putContent(path, scratch.bytes(1000));
      const content = scratch.bytes(size);
      const hashes = await writeStream(driver, path, content, { truncate: true, hash: ["sha256"] });
      assertEquals(hashes.get("sha256"), sha256(content));
      assertBytes(await driver.getContent(path), content);
      const writer = await driver.openWriter(path, { truncate: true });
      assertEquals(writer.size, 0);
      await writer.close();
      assertEquals((await driver.stat(path)).size, 0);
    }
  },

  "cancel removes the file": async (driver, scratch) => {
    for (const size of [0, 10, 600 * KIB]) {
      const path = scratch.path();
      const writer = await driver.openWriter(path, { hash: ["sha256"] });
      await writeInChunks(writer, scratch.bytes(size));
      if (size > 0) await writer.flush();
      await writer.cancel();
      await assertAbsent(driver, driver.stat(path));
    }
  },

  "a second writer of the same path is refused until the first has ended": async (
    driver,
    scratch,
  ) => {
    const path = scratch.path();
    const first = await driver.openWriter(path, { hash: ["sha256"] });
    await first.write(new TextEncoder().encode("first"));
    const error = await assertRejects(() => driver.openWriter(path), StorageError);
    assertEquals(error.code, "EBUSY");
    assertEquals(
      (await first.commit()).get("sha256"),
      sha256(new TextEncoder().encode("first")),
    );
    const second = await driver.openWriter(path);
    assertEquals(second.size, 5);
    const closing = second.close();
    await (await driver.openWriter(path)).close(); // waits for the one that is ending
    await closing;
    await assertRejects(() => second.write(new Uint8Array(1)), StorageError);
    await assertRejects(() => second.commit(), StorageError);
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

  "an ended writer takes no more calls": async (driver, scratch) => {
    const writer = await driver.openWriter(scratch.path());
    await writer.cancel();
    for (const call of [() => writer.write(new Uint8Array(1)), () => writer.flush()]) {
      await assertRejects(call, StorageError);
    }
    await assertRejects(() => writer.commit(), StorageError);
  },
};
