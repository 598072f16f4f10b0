import { createHash } from "node:crypto";
import { assertEquals, assertRejects } from "@std/assert";
import { type FileWriter, StorageError } from "../../src/storage/driver.ts";
import { FilesystemDriver } from "../../src/storage/filesystem.ts";
import { assertBytes, writeInChunks } from "../contract/storage_driver_scratch.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { RecordingFileSystem } from "./recording_file_system.ts";

// Drivers share nothing in memory, and locks are those of the open file: two of them meet as two processes do.

const KIB = 1024;
const UPLOAD = "/uploads/1/data";
const BLOB = "/blobs/1/data";

interface Servers {
  readonly folder: TempFolder;
  readonly a: FilesystemDriver;
  readonly b: FilesystemDriver;
}

async function servers(run: (servers: Servers) => Promise<void>): Promise<void> {
  await using folder = await TempFolder.make();
  const a = new FilesystemDriver({ root: folder.path, workers: 1 });
  const b = new FilesystemDriver({ root: folder.path, workers: 1 });
  try {
    await run({ folder, a, b });
  } finally {
    await Promise.all([a.close(), b.close()]);
  }
}

const of = (size: number, value: number) => new Uint8Array(size).fill(value);
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const open = (driver: FilesystemDriver) => driver.openWriter(UPLOAD, { hash: ["sha256"] });

async function assertBusy(call: () => Promise<unknown>): Promise<void> {
  assertEquals((await assertRejects(call, StorageError)).code, "EBUSY");
}

/** Some of it is on its way still: that the first of it is written is certain. */
async function startStreaming(driver: FilesystemDriver, size: number): Promise<FileWriter> {
  const writer = await open(driver);
  await writeInChunks(writer, of(size, 1));
  return writer;
}

for (const size of [10, 6 * 1024 * KIB]) {
  Deno.test(`who streams an upload of ${size} bytes goes on when another server tries to commit it`, () =>
    servers(async ({ a, b }) => {
      const first = await startStreaming(a, 6 * 1024 * KIB);
      const second = await open(b);
      await assertBusy(async () => {
        await writeInChunks(second, of(size, 2));
        await second.commit();
      });
      await second.close();
      await writeInChunks(first, of(KIB, 1));
      const whole = of(6 * 1024 * KIB + KIB, 1);
      assertEquals((await first.commit()).get("sha256"), sha256(whole));
      assertBytes(await b.getContent(UPLOAD), whole);
    }));
}

for (
  const [before, after] of [[10, 20], [10, 600 * KIB], [600 * KIB, 20], [
    600 * KIB,
    600 * KIB,
  ]] as const
) {
  const title = `${before} bytes on one server, then ${after} on another`;

  Deno.test(`an upload that rests is committed by another server, and late writes stay out of the blob: ${title}`, () =>
    servers(async ({ a, b }) => {
      const first = await open(a);
      await writeInChunks(first, of(before, 1));
      await first.flush();
      const second = await open(b);
      await writeInChunks(second, of(after, 2));
      const whole = new Uint8Array([...of(before, 1), ...of(after, 2)]);
      assertEquals((await second.commit()).get("sha256"), sha256(whole));
      await b.move(UPLOAD, BLOB, { size: whole.length });

      await assertBusy(async () => {
        await writeInChunks(first, of(300 * KIB, 3));
        await first.flush();
      });
      await first.close();
      assertBytes(await a.getContent(BLOB), whole);
      assertEquals(await a.list("/uploads/1"), []);
    }));

  Deno.test(`an upload that another server goes on with between commit and move is not published: ${title}`, () =>
    servers(async ({ a, b }) => {
      const first = await open(a);
      await writeInChunks(first, of(before, 1));
      await first.flush();
      const second = await open(b);
      await second.commit();
      await writeInChunks(first, of(after, 3));
      await first.flush();
      await assertBusy(() => b.move(UPLOAD, BLOB, { size: before }));
      assertEquals(await b.sizes([UPLOAD, BLOB]), [before + after, undefined]);
      await first.commit();
    }));
}

Deno.test("an upload is not published while another server writes it, and is afterwards", () =>
  servers(async ({ folder, b }) => {
    await b.putContent(UPLOAD, of(10, 1));
    const other = await Deno.open(folder.at("uploads", "1", "data"), { write: true });
    other.lockSync(true);
    await assertBusy(() => b.move(UPLOAD, BLOB, { size: 10 }));
    other.close();
    await b.move(UPLOAD, BLOB, { size: 10 });
    assertEquals((await b.stat(BLOB)).size, 10);
  }));

Deno.test("a small upload that another server is writing is refused, and goes on afterwards", () =>
  servers(async ({ folder, b }) => {
    await b.putContent(UPLOAD, of(10, 1));
    const other = await Deno.open(folder.at("uploads", "1", "data"), { write: true });
    other.lockSync(true);
    const refused = await open(b);
    await refused.write(of(5, 2));
    await assertBusy(() => refused.flush());
    await assertBusy(() => refused.commit());
    await refused.close();
    assertEquals((await b.stat(UPLOAD)).size, 10);
    other.close();
    const writer = await open(b);
    await writer.write(of(5, 2));
    assertEquals(
      (await writer.commit()).get("sha256"),
      sha256(new Uint8Array([...of(10, 1), ...of(5, 2)])),
    );
  }));

for (const size of [10, 600 * KIB]) {
  Deno.test(`of two servers that make the file of an upload at once one is refused (${size} bytes)`, () =>
    servers(async ({ a, b }) => {
      const [first, second] = [await open(a), await open(b)];
      await writeInChunks(first, of(size, 1));
      await first.flush();
      const write = async () => {
        await writeInChunks(second, of(size, 2));
        await second.flush();
      };
      await assertBusy(write);
      await second.close();
      assertEquals((await first.commit()).get("sha256"), sha256(of(size, 1)));
    }));

  Deno.test(`a writer that goes idle leaves the file to another server for good (${size} bytes)`, () =>
    servers(async ({ a, b }) => {
      const first = await open(a);
      await writeInChunks(first, of(size, 1));
      await first.flush();
      const second = await open(b);
      await writeInChunks(second, of(size, 2));
      await second.flush();
      await first.close(); // has nothing to say, and does no harm
      const third = await open(a);
      await second.close();
      assertEquals(
        (await third.commit()).get("sha256"),
        sha256(new Uint8Array([...of(size, 1), ...of(size, 2)])),
      );
    }));
}

for (const before of [0, 10]) {
  Deno.test(`a small upload of ${before} bytes that grows while it is synced is not committed`, async () => {
    await using folder = await TempFolder.make();
    const files = new RecordingFileSystem(folder.path);
    const driver = new FilesystemDriver({ root: folder.path, files });
    if (before > 0) await driver.putContent(UPLOAD, of(before, 1));
    files.interfere = ({ name, path }) => {
      // By a server that knows of no lock.
      if (name === "file.sync") Deno.writeTextFileSync(folder.at(path), "x", { append: true });
      return undefined;
    };
    const writer = await open(driver);
    await writer.write(of(5, 2));
    await assertBusy(() => writer.commit());
    await driver.close();
  });
}
