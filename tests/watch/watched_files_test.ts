import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { eventually } from "../support/eventually.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { Watch } from "./letters.ts";

Deno.test("a file that is written again is read again", async () => {
  await using folder = await TempFolder.make();
  const path = folder.at("f");
  await Deno.writeTextFile(path, "one");
  await using watch = await Watch.open(folder, [path]);
  assertEquals(watch.watched.current, "one");
  await replace(path, "three");
  await watch.becomes("three");
  assertEquals(watch.reloads, [true]);
  assertEquals(watch.log.lines, [`info letters read again {"paths":"${path}"}`]);
});

Deno.test("a file of the same size and times as before is seen by its change time", async () => {
  await using folder = await TempFolder.make();
  const path = folder.at("f");
  await Deno.writeTextFile(path, "one");
  const old = new Date("2020-01-01T00:00:00Z");
  await Deno.utime(path, old, old);
  await using watch = await Watch.open(folder, [path]);
  await Deno.writeTextFile(path, "two");
  await Deno.utime(path, old, old);
  await watch.becomes("two");
});

Deno.test("an older copy that is renamed over the file is seen", async () => {
  await using folder = await TempFolder.make();
  const path = folder.at("f");
  await Deno.writeTextFile(folder.at("older"), "old");
  await Deno.utime(folder.at("older"), 1, 1);
  await Deno.writeTextFile(path, "new");
  await using watch = await Watch.open(folder, [path]);
  await Deno.rename(folder.at("older"), path);
  await watch.becomes("old");
});

Deno.test("a symbolic link that leads to another folder is seen, as Kubernetes swaps a volume", async () => {
  await using folder = await TempFolder.make();
  for (const version of ["v1", "v2"]) {
    await Deno.mkdir(folder.at(version));
    await Deno.writeTextFile(folder.at(version, "f"), version);
  }
  await Deno.symlink("v1", folder.at("..data"));
  await Deno.symlink("..data/f", folder.at("f"));
  await using watch = await Watch.open(folder, [folder.at("f")]);
  await Deno.symlink("v2", folder.at("..data_tmp"));
  await Deno.rename(folder.at("..data_tmp"), folder.at("..data"));
  await watch.becomes("v2");
  assertEquals(watch.reloads, [true]);
});

Deno.test("a file that is read while it changes is read once more", async () => {
  await using folder = await TempFolder.make();
  const path = folder.at("f");
  await Deno.writeTextFile(path, "one");
  let isFirst = true;
  await using watch = await Watch.open(folder, [path], {
    parse: async ([content]) => {
      const text = new TextDecoder().decode(content);
      if (isFirst) await Deno.writeTextFile(path, "three");
      isFirst = false;
      return text;
    },
  });
  assertEquals(watch.watched.current, "three");
});

Deno.test("a file that never rests is read all the same", async () => {
  await using folder = await TempFolder.make();
  const path = folder.at("f");
  await Deno.writeTextFile(path, "0");
  await using watch = await Watch.open(folder, [path]);
  let count = 0;
  await eventually("it is read again", async () => {
    await Deno.writeTextFile(path, "x".repeat(++count));
    return watch.parses > 2;
  });
});

Deno.test("what cannot be parsed leaves the old in force and is told once, until it changes again", async () => {
  await using folder = await TempFolder.make();
  const path = folder.at("f");
  await Deno.writeTextFile(path, "good");
  await using watch = await Watch.open(folder, [path]);
  await replace(path, "bad");
  await eventually("it is told", () => watch.reloads.length === 1);
  const { parses } = watch;
  await looks(watch, 10);
  assertEquals(watch.watched.current, "good");
  assertEquals(watch.log.lines, [
    "error letters cannot be used, what was read before stays in force: letters:1: found bad {}",
  ]);
  assertEquals(watch.parses, parses);
  await replace(path, "better");
  await watch.becomes("better");
  assertEquals(watch.reloads, [false, true]);
});

Deno.test("a file that is removed leaves the old in force, and is taken again when it is back as it was", async () => {
  await using folder = await TempFolder.make();
  const path = folder.at("f");
  await Deno.writeTextFile(path, "good");
  await using watch = await Watch.open(folder, [path]);
  await Deno.remove(path);
  await eventually("it is told", () => watch.reloads.length === 1);
  await looks(watch, 5);
  assertEquals(watch.watched.current, "good");
  assertEquals(watch.reloads, [false]);
  assertStringIncludes(watch.log.lines[0] ?? "", `Cannot read ${path}: there is no such file`);
  await replace(path, "good");
  await eventually("it is taken", () => watch.reloads.length === 2);
  assertEquals(watch.reloads, [false, true]);
});

Deno.test("touching a file makes no new value and no line", async () => {
  await using folder = await TempFolder.make();
  const path = folder.at("f");
  await Deno.writeTextFile(path, "good");
  await using watch = await Watch.open(folder, [path]);
  await Deno.utime(path, 1, 1);
  await looks(watch, 10);
  assertEquals([watch.parses, watch.log.lines], [1, []]);
});

Deno.test("reload() reads a file that looks as before, and tells it", async () => {
  await using folder = await TempFolder.make();
  const path = folder.at("f");
  await Deno.writeTextFile(path, "good");
  await using watch = await Watch.open(folder, [path], { interval: 1_000_000 });
  await Promise.all([watch.watched.reload(), watch.watched.reload()]);
  assertEquals(watch.reloads[0], true);
  await Deno.writeTextFile(path, "other");
  await watch.watched.reload();
  assertEquals(watch.watched.current, "other");
});

Deno.test("after close() nothing is read, not even when asked", async () => {
  await using folder = await TempFolder.make();
  const path = folder.at("f");
  await Deno.writeTextFile(path, "good");
  await using watch = await Watch.open(folder, [path]);
  await watch.watched.close();
  await Deno.writeTextFile(path, "other");
  await watch.watched.reload();
  assertEquals(watch.watched.current, "good");
});

Deno.test("open() rejects with a sentence when a file is missing, a folder, too large or wrong", async () => {
  await using folder = await TempFolder.make();
  const open = (path: string) => Watch.open(folder, [path]);
  const path = folder.at("f");
  await assertRejects(() => open(path), Error, `Cannot read ${path}: there is no such file`);
  await assertRejects(() => open(folder.path), Error, "it is a folder, expected a file (docker");
  await assertRejects(() => open("/dev/null"), Error, "Cannot read /dev/null: it is not a file");
  await Deno.writeTextFile(path, "bad");
  await assertRejects(() => open(path), Error, "letters:1: found bad");
  await Deno.truncate(path, 17 * 1024 * 1024);
  await assertRejects(
    () => open(path),
    Error,
    `Cannot read ${path}: it has more than 16777216 byte`,
  );
});

/** In one step, so that nobody sees it empty. */
async function replace(path: string, text: string): Promise<void> {
  await Deno.writeTextFile(`${path}.new`, text);
  await Deno.rename(`${path}.new`, path);
}

/** Waits until the files were looked at so often, by a file of their own that is read in between. */
async function looks(watch: Watch, count: number): Promise<void> {
  const path = watch.folder.at("probe");
  await Deno.writeTextFile(path, "0");
  await using probe = await Watch.open(watch.folder, [path]);
  for (let i = 1; i <= count; i++) {
    await replace(path, String(i));
    await probe.becomes(String(i));
  }
}
