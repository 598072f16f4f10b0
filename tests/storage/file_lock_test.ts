import { assert, assertEquals, assertThrows } from "@std/assert";
import { BusyFileError, checkSize, lockFile, tryLock } from "../../src/storage/file_lock.ts";
import { NativeStoreFiles } from "../../src/storage/store_files.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { systemError } from "./recording_file_system.ts";

Deno.test("a lock keeps out every other open file until it is given up or closed", async () => {
  await using folder = await TempFolder.make();
  const path = folder.at("data");
  await Deno.writeTextFile(path, "abc");
  const files = new NativeStoreFiles();
  const [first, second, third] = [files.open(path), files.open(path), files.open(path)];
  lockFile(first, path);
  lockFile(first, path); // one's own is no obstacle
  assertBusy(() => lockFile(second, path), "writing it");
  first.unlock();
  lockFile(second, path);
  assert(!third.tryLock());
  second.close();
  assert(third.tryLock());
  for (const file of [first, third]) file.close();
});

Deno.test("a file that was moved, replaced or removed can't be locked for writing", async () => {
  await using folder = await TempFolder.make();
  const path = folder.at("data");
  await Deno.writeTextFile(path, "abc");
  const file = new NativeStoreFiles().open(path);
  await Deno.rename(path, folder.at("blob"));
  assertBusy(() => lockFile(file, path), "moved or removed");
  await Deno.writeTextFile(path, "abc");
  assertBusy(() => lockFile(file, path), "moved or removed");
  lockFile(file, folder.at("blob"));
  await Deno.remove(folder.at("blob"));
  assertBusy(() => lockFile(file, folder.at("blob")), "moved or removed");
  file.close();
});

Deno.test("isAt() follows links, and tells of what it can't look at", async () => {
  await using folder = await TempFolder.make();
  await Deno.mkdir(folder.at("disk"));
  await Deno.writeTextFile(folder.at("disk", "data"), "abc");
  await Deno.symlink(folder.at("disk"), folder.at("linked"));
  await Deno.symlink(folder.at("circle"), folder.at("circle"));
  const file = new NativeStoreFiles().open(folder.at("disk", "data"));
  assert(file.isAt(folder.at("linked", "data")));
  assert(!file.isAt(folder.at("disk", "data", "below")));
  assertThrows(() => file.isAt(folder.at("circle")));
  file.close();
});

Deno.test("a file of another size than expected is busy", async () => {
  await using folder = await TempFolder.make();
  await Deno.writeTextFile(folder.at("data"), "abc");
  const file = new NativeStoreFiles().open(folder.at("data"));
  checkSize(file, "/data", 3);
  assertBusy(() => checkSize(file, "/data", 2), "3 bytes instead of 2");
  file.close();
});

Deno.test("a file system without locks is written to without them, any other failure is one", () => {
  for (const code of ["ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EINVAL", "ENOLCK"]) {
    assert(tryLock(() => fail(code)), code);
  }
  assertThrows(() => tryLock(() => fail("EIO")), Error, "EIO");
});

function fail(code: string): never {
  throw systemError(code);
}

function assertBusy(call: () => void, message: string): void {
  assertEquals(assertThrows(call, BusyFileError, message).code, "EBUSY");
}
