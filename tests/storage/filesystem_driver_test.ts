import { assert, assertEquals, assertRejects } from "@std/assert";
import { StorageError } from "../../src/storage/driver.ts";
import { FilesystemDriver } from "../../src/storage/filesystem.ts";
import { TempFolder } from "../support/temp_folder.ts";

const text = (value: string) => new TextEncoder().encode(value);

Deno.test("the root may be a link, and so may a folder that an operator moved", async () => {
  await using folder = await TempFolder.make();
  await Deno.mkdir(folder.at("disk"));
  await Deno.mkdir(folder.at("other"));
  await Deno.symlink(folder.at("disk"), folder.at("root"));
  await Deno.symlink(folder.at("other"), folder.at("disk", "linked"));
  const driver = new FilesystemDriver({ root: folder.at("root") });
  await driver.putContent("/linked/a", text("x"));
  assertEquals(await Deno.readTextFile(folder.at("other", "a")), "x");
  assertEquals((await driver.stat("/linked")).isFolder, true);
  await driver.remove("/linked");
  assertEquals(await Deno.readTextFile(folder.at("other", "a")), "x"); // the link went, not what it led to
  assertEquals(await driver.list("/"), []);
  await driver.close();
});

Deno.test("files and folders have the modes that the umask leaves", async () => {
  await using folder = await TempFolder.make();
  const driver = new FilesystemDriver({ root: folder.at("root") });
  const umask = Deno.umask();
  await driver.putContent("/a/file", text("x"));
  const writer = await driver.openWriter("/a/data");
  await writer.commit();
  for (const [name, mode] of [["file", 0o666], ["data", 0o666], ["", 0o777]] as const) {
    const found = (await Deno.stat(folder.at("root", "a", name))).mode! & 0o777;
    assertEquals(found, mode & ~umask, name);
  }
  await driver.close();
});

Deno.test("names that no path can have are not listed, and go with their folder", async () => {
  await using folder = await TempFolder.make();
  const driver = new FilesystemDriver({ root: folder.path });
  await Deno.mkdir(folder.at("a"));
  for (const name of ["b", "a b", "ü", "x\ny"]) await Deno.writeTextFile(folder.at("a", name), "");
  assertEquals(await driver.list("/a"), ["b"]);
  await driver.remove("/a");
  assertEquals(await driver.list("/"), []);
  await driver.close();
});

Deno.test("touch() sets the time of the driver's clock", async () => {
  await using folder = await TempFolder.make();
  const driver = new FilesystemDriver({ root: folder.path, time: () => 1_700_000_000_000 });
  await driver.putContent("/a", text("x"));
  await driver.touch("/a");
  assertEquals((await driver.stat("/a")).modified, new Date(1_700_000_000_000));
  await driver.close();
});

Deno.test("a name that is too long for the system is absent, and can't be written", async () => {
  await using folder = await TempFolder.make();
  const driver = new FilesystemDriver({ root: folder.path });
  const path = `/${"a".repeat(300)}`;
  await assertRejects(() => driver.getContent(path), Error, "Path not found");
  const error = await assertRejects(() => driver.putContent(path, text("x")), StorageError);
  assertEquals(error.code, "ENAMETOOLONG");
  await driver.close();
});

Deno.test("getContent() refuses a file that would fill the memory", async () => {
  await using folder = await TempFolder.make();
  const driver = new FilesystemDriver({ root: folder.path });
  await Deno.writeTextFile(folder.at("link"), "");
  await Deno.truncate(folder.at("link"), 2 ** 40);
  const error = await assertRejects(() => driver.getContent("/link"), StorageError);
  assertEquals(error.code, "EFBIG");
  await driver.close();
});

Deno.test("what was written or read whole is read without waiting, until that is slow", async () => {
  await using folder = await TempFolder.make();
  let now = 0;
  let tick = 0;
  const driver = new FilesystemDriver({ root: folder.path, now: () => now += tick });
  await Deno.writeTextFile(folder.at("foreign"), "0123456789");
  const source = await driver.read("/foreign");
  const into = new Uint8Array(4);
  assertEquals(source.readNow?.(into, 0), undefined);
  await source.read(into, 0);
  await source.read(into, 6);
  assertEquals(source.readNow?.(into, 0), undefined); // not whole: there is a gap
  await source.read(into, 4);
  await source.read(into, 8);
  assertEquals(source.readNow?.(into, 8), 2);
  tick = 4;
  assertEquals(source.readNow?.(into, 0), 4);
  tick = 0;
  assertEquals(source.readNow?.(into, 0), undefined);
  source.close();

  const writer = await driver.openWriter("/mine/data", { hash: ["sha256"] });
  await writer.write(new Uint8Array(300 * 1024));
  await writer.commit();
  await driver.move("/mine/data", "/blobs/data");
  const mine = await driver.read("/blobs/data");
  assertEquals(mine.readNow?.(into, 100), 4);
  mine.close();
  await driver.close();
});

Deno.test("close() gives back sources and refuses every later call", async () => {
  await using folder = await TempFolder.make();
  const driver = new FilesystemDriver({ root: folder.path });
  await driver.putContent("/a", text("x"));
  const source = await driver.read("/a");
  const writer = await driver.openWriter("/b", { hash: ["sha256"] });
  await writer.write(new Uint8Array(300 * 1024));
  await driver.close();
  await assertRejects(() => source.read(new Uint8Array(1), 0), StorageError);
  await assertRejects(() => writer.commit(), StorageError);
  await assertRejects(() => driver.getContent("/a"), StorageError, "cannot read /a");
  await assertRejects(() => driver.list("/"), StorageError);
  assert((await Deno.stat(folder.at("b"))).isFile);
});
