import { createHash } from "node:crypto";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { StorageError } from "../../src/storage/driver.ts";
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

export const WRITER_CASES: Readonly<Record<string, DriverCase>> = {
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

  "a new file is there after a commit without a byte, and not after a close": async (
    driver,
    scratch,
  ) => {
    const path = scratch.path();
    const writer = await driver.openWriter(path, { hash: ["sha256"] });
    await writer.close();
    await assertAbsent(driver, driver.stat(path));
    const hashes = await (await driver.openWriter(path, { hash: ["sha256"] })).commit();
    assertEquals(hashes.get("sha256"), sha256(new Uint8Array(0)));
    assertEquals((await driver.stat(path)).size, 0);
    await (await driver.openWriter(path)).close();
    assertEquals((await driver.stat(path)).size, 0); // it was there before
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

  "an ended writer takes no more calls": async (driver, scratch) => {
    const writer = await driver.openWriter(scratch.path());
    await writer.cancel();
    for (const call of [() => writer.write(new Uint8Array(1)), () => writer.flush()]) {
      await assertRejects(call, StorageError);
    }
    await assertRejects(() => writer.commit(), StorageError);
  },
};
