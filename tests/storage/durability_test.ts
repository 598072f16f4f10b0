import { assert, assertEquals, assertRejects } from "@std/assert";
import { StorageError } from "../../src/storage/driver.ts";
import { FilesystemDriver } from "../../src/storage/filesystem.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { filesBelow } from "./files_below.ts";
import { RecordingFileSystem, type SystemCall } from "./recording_file_system.ts";

const text = (value: string) => new TextEncoder().encode(value);

interface Recorded {
  readonly folder: TempFolder;
  readonly files: RecordingFileSystem;
  readonly driver: FilesystemDriver;
}

async function recorded(run: (recorded: Recorded) => Promise<void>): Promise<void> {
  await using folder = await TempFolder.make();
  const files = new RecordingFileSystem(folder.path);
  const driver = new FilesystemDriver({ root: folder.path, files });
  try {
    await run({ folder, files, driver });
  } finally {
    await driver.close();
  }
}

Deno.test("putContent() syncs bytes, renames, then syncs the folder and every new one above", () =>
  recorded(async ({ files, driver }) => {
    await driver.putContent("/a/b/c", text("x"));
    const aside = "/a/b/c.<uuid>.tmp";
    const rename = `rename ${aside} -> /a/b/c`;
    assert(files.at(`< create ${aside}`) < files.at(`> file.sync ${aside}`));
    assert(files.at(`< file.sync ${aside}`) < files.at(`> ${rename}`));
    assert(files.at(`< ${rename}`) < files.at("> syncFolder /a/b"));
    for (const folder of ["/", "/a", "/a/b"]) files.at(`< syncFolder ${folder}`);
  }));

Deno.test("putContent() into a folder that is durable makes and syncs no other", () =>
  recorded(async ({ files, driver }) => {
    await driver.putContent("/a/b/c", text("x"));
    files.reset();
    await driver.putContent("/a/b/d", text("x"));
    const calls = files.log.filter((entry) => entry.startsWith("<"));
    assertEquals(calls.map((entry) => entry.split(" ")[1]), [
      "create",
      "file.sync",
      "rename",
      "syncFolder",
    ]);
  }));

Deno.test("a lazy putContent() is never seen in part, and syncs nothing", () =>
  recorded(async ({ files, driver }) => {
    await driver.putContent("/a/b/c", text("x"), { lazy: true });
    const aside = "/a/b/c.<uuid>.tmp";
    assert(files.at(`< create ${aside}`) < files.at(`> rename ${aside} -> /a/b/c`));
    assert(!files.log.some((entry) => entry.includes("sync")));
    assertEquals(await driver.getContent("/a/b/c"), text("x"));
  }));

Deno.test("a durable putContent() after a lazy one syncs the folders that the lazy one made", () =>
  recorded(async ({ files, driver }) => {
    await driver.putContent("/a/b/c", text("x"), { lazy: true });
    await driver.putContent("/a/b/d", text("x"));
    for (const folder of ["/", "/a", "/a/b"]) files.at(`< syncFolder ${folder}`);
  }));

Deno.test("folders are made from the top, each by one call", () =>
  recorded(async ({ files, driver }) => {
    await driver.putContent("/a/x", text("x"));
    files.reset();
    await driver.putContent("/a/b/c/d/x", text("x"));
    const made = files.log.filter((entry) => entry.startsWith("> makeFolder"));
    assertEquals(made, ["> makeFolder /a/b", "> makeFolder /a/b/c", "> makeFolder /a/b/c/d"]);
  }));

Deno.test("a root that is missing is made durable with the folders above it", async () => {
  await using folder = await TempFolder.make();
  const files = new RecordingFileSystem(folder.path);
  const driver = new FilesystemDriver({ root: folder.at("new", "root"), files });
  await Promise.all([driver.putContent("/a", text("x")), driver.putContent("/b", text("x"))]);
  for (const path of ["/", "/new", "/new/root/"]) files.at(`< syncFolder ${path}`);
  assert(files.at("< syncFolder /") < files.at("> rename /new/root/a.<uuid>.tmp -> /new/root/a"));
  await driver.close();
});

Deno.test("nobody relies on a folder whose maker hasn't synced it yet", () =>
  recorded(async ({ files, driver }) => {
    const release = Promise.withResolvers<void>();
    const bothWait = Promise.withResolvers<void>();
    let waiting = 0;
    files.interfere = ({ name, path }) => {
      if (name !== "syncFolder" || path !== "/") return undefined;
      if (++waiting === 2) bothWait.resolve();
      return release.promise;
    };
    let done = 0;
    const puts = ["/x/a", "/x/b"].map(async (path) => {
      await driver.putContent(path, text(path));
      done++;
    });
    await bothWait.promise;
    assertEquals(done, 0);
    release.resolve();
    await Promise.all(puts);
    assertEquals(done, 2);
  }));

Deno.test("a folder that another process removed is made and synced again", () =>
  recorded(async ({ folder, files, driver }) => {
    await driver.putContent("/a/b/c", text("x"));
    await Deno.remove(folder.at("a"), { recursive: true });
    files.reset();
    await driver.putContent("/a/b/c", text("y"));
    assertEquals(await driver.getContent("/a/b/c"), text("y"));
    for (const path of ["/", "/a", "/a/b"]) files.at(`< syncFolder ${path}`);
  }));

Deno.test("move() syncs the new folder, those above it, and the old one after the rename", () =>
  recorded(async ({ files, driver }) => {
    await driver.putContent("/from/file", text("x"));
    files.reset();
    await driver.move("/from/file", "/to/new/file");
    const renamed = files.at("< rename /from/file -> /to/new/file");
    for (const path of ["/to/new", "/from"]) assert(renamed < files.at(`> syncFolder ${path}`));
    for (const path of ["/to/new", "/to", "/", "/from"]) files.at(`< syncFolder ${path}`);
  }));

Deno.test("move() of what is missing makes no folder", () =>
  recorded(async ({ folder, driver }) => {
    await assertRejects(() => driver.move("/from/file", "/to/new/file"), Error);
    assertEquals([...Deno.readDirSync(folder.path)], []);
  }));

Deno.test("remove() syncs the folder above, unless it is lazy", () =>
  recorded(async ({ files, driver }) => {
    await driver.putContent("/a/one", text("x"));
    await driver.putContent("/a/two", text("x"));
    files.reset();
    await driver.remove("/a/one", { lazy: true });
    assertEquals(files.log, ["> remove /a/one", "< remove /a/one"]);
    await driver.remove("/a/two");
    assert(files.at("< remove /a/two") < files.at("> syncFolder /a"));
  }));

Deno.test("remove() takes a folder aside that others fill as fast as it is emptied", () =>
  recorded(async ({ folder, files, driver }) => {
    await driver.putContent("/a/b", text("x"));
    files.reset();
    files.interfere = ({ name, path }) =>
      name === "remove" && path === "/a" ? "ENOTEMPTY" : undefined;
    await driver.remove("/a");
    assertEquals(await filesBelow(folder.path), []);
    assert(files.at("< remove /a.<uuid>.tmp") < files.at("> syncFolder /"));
  }));

Deno.test("remove() goes on when a part vanishes meanwhile", () =>
  recorded(async ({ files, driver }) => {
    await driver.putContent("/a/b", text("x"));
    files.reset();
    files.interfere = ({ name }, number) =>
      name === "remove" && number === 1 ? "ENOENT" : undefined;
    await driver.remove("/a");
    assertEquals(await driver.list("/"), []);
  }));

Deno.test("a small upload is synced by its commit, not by flush or close", () =>
  recorded(async ({ files, driver }) => {
    const writer = await driver.openWriter("/u/data", { hash: ["sha256"] });
    await writer.write(text("x"));
    await writer.flush();
    await writer.close();
    assert(!files.log.some((entry) => entry.includes("sync")));
    const again = await driver.openWriter("/u/data", { hash: ["sha256"] });
    await again.write(text("y"));
    await again.commit();
    assert(files.at("< file.write /u/data") < files.at("> file.sync /u/data"));
    files.at("< file.sync /u/data");
  }));

/** Lets each system call of `act` fail once, one after the other; returns how many there were. */
async function failEach(
  { folder, files, driver }: Recorded,
  code: string,
  prepare: () => Promise<void>,
  act: () => Promise<unknown>,
  check: (failed: SystemCall) => Promise<void>,
): Promise<number> {
  for (let nth = 1;; nth++) {
    await prepare();
    let failed: SystemCall | undefined;
    files.reset();
    files.interfere = (call, number) => {
      if (number !== nth) return undefined;
      failed = call;
      return code;
    };
    const error = await act().then(() => undefined, (error) => error);
    files.interfere = () => undefined;
    if (failed === undefined) {
      assertEquals(error, undefined);
      return nth - 1;
    }
    const what = `${failed.name} ${failed.path}`;
    assert(error instanceof StorageError, `${what}: ${error}`);
    assertEquals(error.code, code, what);
    await check(failed);
    const stray = (await filesBelow(folder.path)).filter((path) => path.endsWith(".tmp"));
    assertEquals(stray, [], what);
    await driver.remove("/dir");
  }
}

for (const code of ["EIO", "ENOSPC", "EACCES", "EROFS", "EMFILE"]) {
  Deno.test(`putContent() that meets ${code} anywhere rejects and leaves old or new, whole`, () =>
    recorded(async (test) => {
      const { driver } = test;
      const calls = await failEach(
        test,
        code,
        () => driver.putContent("/dir/file", text("old")),
        () => driver.putContent("/dir/file", text("new")),
        async ({ name }) => {
          const now = new TextDecoder().decode(await driver.getContent("/dir/file"));
          assertEquals(now, name === "syncFolder" ? "new" : "old");
        },
      );
      assertEquals(calls, 4);
    }));

  Deno.test(`putContent() of a first file that meets ${code} anywhere leaves nothing half`, () =>
    recorded(async (test) => {
      const { driver, files } = test;
      const calls = await failEach(
        test,
        code,
        () => driver.putContent("/dir/other", text("other")),
        () => driver.putContent("/dir/sub/file", text("new")),
        async () => {
          const now = await driver.getContent("/dir/sub/file").catch(() => undefined);
          if (now !== undefined) assertEquals(now, text("new"));
          files.reset();
          await driver.putContent("/dir/sub/file", text("again"));
          files.at("< syncFolder /dir/sub");
        },
      );
      assertEquals(calls, 6);
    }));

  Deno.test(`a small upload that meets ${code} anywhere is never committed`, () =>
    recorded(async (test) => {
      const { driver } = test;
      const calls = await failEach(
        test,
        code,
        () => driver.putContent("/dir/data", text("begun ")),
        async () => {
          const writer = await driver.openWriter("/dir/data", { hash: ["sha256"] });
          try {
            await writer.write(text("and ended"));
            await writer.commit();
          } catch (error) {
            await assertRejects(() => writer.commit(), StorageError);
            throw error;
          }
        },
        async ({ name }) => {
          const { size } = await driver.stat("/dir/data");
          assertEquals(size, name === "file.sync" ? 0 : 6); // what a failed sync may have lost is cut off
          await (await driver.openWriter("/dir/data")).close();
        },
      );
      assertEquals(calls, 5);
    }));
}

Deno.test("a temporary file that can't be removed doesn't hide the failure before it", () =>
  recorded(async ({ files, driver }) => {
    files.interfere = ({ name }) =>
      name === "file.sync" ? "EIO" : name === "remove" ? "EROFS" : undefined;
    const error = await assertRejects(() => driver.putContent("/a", text("x")), StorageError);
    assertEquals(error.code, "EIO");
    assertEquals(error.message, "filesystem: cannot write /a: EIO");
  }));
