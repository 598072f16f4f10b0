import { createHash } from "node:crypto";
import { assertEquals, assertRejects } from "@std/assert";
import type { StorageDriver } from "../../src/storage/driver.ts";
import { assertAbsent, SAMPLES } from "./storage_driver_content.ts";
import {
  assertBytes,
  type DriverCase,
  readStream,
  type Scratch,
  writeInChunks,
  writeStream,
} from "./storage_driver_scratch.ts";

const MIB = 1024 * 1024;
/** The full sizes of distribution's suite take minutes and gigabytes. */
const LONG = Deno.env.get("BERTH_LONG") === "1";

async function append(driver: StorageDriver, scratch: Scratch, size: number): Promise<void> {
  const path = scratch.path();
  const content = scratch.bytes(3 * size);
  const first = await driver.openWriter(path, { truncate: true });
  await writeInChunks(first, content.subarray(0, size));
  await first.close();
  assertEquals(first.size, size);

  const second = await driver.openWriter(path);
  assertEquals(second.size, size);
  await writeInChunks(second, content.subarray(size, 2 * size));
  await second.close();
  assertEquals(second.size, 2 * size);

  const third = await driver.openWriter(path);
  assertEquals(third.size, 2 * size);
  await writeInChunks(third, content.subarray(2 * size));
  await third.commit();
  assertBytes(await driver.getContent(path), content);
}

async function appendToEmpty(
  driver: StorageDriver,
  path: string,
  scratch: Scratch,
): Promise<void> {
  assertEquals((await driver.getContent(path)).length, 0);
  assertEquals((await driver.stat(path)).size, 0);
  const content = scratch.bytes(32);
  const writer = await driver.openWriter(path);
  assertEquals(writer.size, 0);
  await writeInChunks(writer, content);
  await writer.commit();
  assertBytes(await driver.getContent(path), content);
}

export const STREAM_CASES: Readonly<Record<string, DriverCase>> = {
  ...Object.fromEntries(
    Object.entries(SAMPLES).map(([title, make]): [string, DriverCase] => [
      `TestWriteReadStreams${title} can be streamed in and out`,
      async (driver, scratch) => {
        const path = scratch.path();
        const content = make(scratch);
        await writeStream(driver, path, content, { truncate: true });
        assertBytes(await readStream(driver, path), content);
      },
    ]),
  ),

  [`TestWriteReadLargeStreams streams ${LONG ? "5 GB" : "256 MB"} in and out unchanged`]: async (
    driver,
    scratch,
  ) => {
    const path = scratch.path();
    const blocks = LONG ? 5 * 1024 : 256;
    const block = scratch.bytes(MIB);
    const written = createHash("sha256");
    const writer = await driver.openWriter(path, { hash: ["sha256"] });
    for (let i = 0; i < blocks; i++) {
      const chunk = block.slice();
      new DataView(chunk.buffer).setUint32(0, i);
      written.update(chunk);
      await writer.write(chunk);
    }
    const expected = written.digest("hex");
    assertEquals((await writer.commit()).get("sha256"), expected);

    const source = await driver.read(path);
    assertEquals(source.size, blocks * MIB);
    const read = createHash("sha256");
    const into = new Uint8Array(MIB);
    for (let at = 0; at < source.size;) {
      const count = await source.read(into, at);
      read.update(into.subarray(0, count));
      at += count;
    }
    source.close();
    assertEquals(read.digest("hex"), expected);
  },

  "TestReaderWithOffset reads from any position to the end": async (driver, scratch) => {
    const path = scratch.path();
    const content = scratch.bytes(96);
    await driver.putContent(path, content.slice());
    for (const offset of [0, 32, 64]) {
      assertBytes(await readStream(driver, path, offset), content.subarray(offset));
    }
    const source = await driver.read(path);
    const into = new Uint8Array(32);
    await assertRejects(() => source.read(into, -1), RangeError);
    assertEquals(await source.read(into, 96), 0);
    assertEquals(await source.read(into, 1000), 0);
    assertEquals(await source.read(into, 95), 1);
    assertEquals(into[0], content[95]);
    source.close();
  },

  "TestContinueStreamAppendLarge goes on after 10 MiB": (driver, scratch) =>
    append(driver, scratch, 10 * MIB),

  "TestContinueStreamAppendSmall goes on after 32 bytes": (driver, scratch) =>
    append(driver, scratch, 32),

  "TestReadNonexistentStream read() of an absent path": async (driver, scratch) => {
    await assertAbsent(driver, driver.read(scratch.path()));
  },

  "TestWriteZeroByteStreamThenAppend goes on after an empty stream": async (driver, scratch) => {
    const path = scratch.path();
    await (await driver.openWriter(path, { truncate: true })).commit();
    await appendToEmpty(driver, path, scratch);
  },

  "TestWriteZeroByteContentThenAppend goes on after an empty content": async (driver, scratch) => {
    const path = scratch.path();
    await driver.putContent(path, new Uint8Array(0));
    await appendToEmpty(driver, path, scratch);
  },

  "TestConcurrentStreamReads ten readers of one file at their offsets": async (driver, scratch) => {
    const path = scratch.path();
    const content = scratch.bytes(LONG ? 128 * MIB : 10 * MIB);
    await driver.putContent(path, content);
    await Promise.all(Array.from({ length: 10 }, async (_, reader) => {
      const offset = Math.floor(content.length * reader / 11) + reader;
      assertBytes(await readStream(driver, path, offset, 300_001), content.subarray(offset));
    }));
  },

  "TestConcurrentFileStreams many writers at once": async (driver, scratch) => {
    const streams = LONG ? 32 : 8;
    await Promise.all(Array.from({ length: streams }, async () => {
      const path = scratch.path();
      const content = scratch.bytes(streams * MIB);
      await writeStream(driver, path, content);
      assertBytes(await readStream(driver, path), content);
    }));
  },
};
