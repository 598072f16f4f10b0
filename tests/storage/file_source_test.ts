import { assertEquals, assertRejects } from "@std/assert";
import type { OpenFile } from "../../src/storage/file_system.ts";
import { FileSource } from "../../src/storage/file_source.ts";
import { WarmFiles } from "../../src/storage/warm_files.ts";

const STAT = { isFolder: false, size: 10, modified: new Date(0), inode: 1 };

function sourceOf(read: OpenFile["read"]) {
  const log: string[] = [];
  const file: OpenFile = {
    stat: () => STAT,
    read,
    readNow: (into) => into.length,
    close: () => void log.push("close"),
  };
  const warm = new WarmFiles(1 << 20);
  const onClose = () => void log.push("given back");
  const context = { driver: "filesystem", path: "/a", warm, now: () => 0, onClose };
  return { log, warm, source: new FileSource(file, STAT, context) };
}

Deno.test("close() waits for the read that is under way, and the read succeeds", async () => {
  const held = Promise.withResolvers<number>();
  const { source, log } = sourceOf(() => held.promise);
  const reading = source.read(new Uint8Array(4), 0);
  source.close();
  source.close();
  assertEquals(log, []);
  held.resolve(4);
  assertEquals(await reading, 4);
  assertEquals(log, ["close", "given back"]);
});

Deno.test("a read that fails after close() is heard by its caller alone", async () => {
  const held = Promise.withResolvers<number>();
  const { source, log } = sourceOf(() => held.promise);
  const reading = source.read(new Uint8Array(4), 0);
  source.close();
  held.reject(Object.assign(new Error("bad disk"), { code: "EIO" }));
  await assertRejects(() => reading, Error, "filesystem: cannot read /a: EIO");
  assertEquals(log, ["close", "given back"]);
});

Deno.test("readNow() stands back while a read is under way", async () => {
  const held = Promise.withResolvers<number>();
  const { source, warm } = sourceOf(() => held.promise);
  warm.add(1, 10);
  assertEquals(source.readNow(new Uint8Array(4), 0), 4);
  const reading = source.read(new Uint8Array(4), 0);
  assertEquals(source.readNow(new Uint8Array(4), 4), undefined);
  held.resolve(4);
  await reading;
  source.close();
});

Deno.test("a read is never asked for more than the file has", async () => {
  const asked: number[] = [];
  const { source } = sourceOf((into) => {
    asked.push(into.length);
    return Promise.resolve(into.length);
  });
  assertEquals(await source.read(new Uint8Array(100), 7), 3);
  assertEquals(await source.read(new Uint8Array(100), 10), 0);
  assertEquals(asked, [3]);
  source.close();
});
