import { assertEquals, assertRejects } from "@std/assert";
import { editFile } from "../../src/cli/edit_file.ts";
import { TempFolder } from "../support/temp_folder.ts";

async function namesIn(folder: TempFolder): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder.path))).map(({ name }) => name).sort();
}

async function modeOf(path: string): Promise<number> {
  return ((await Deno.stat(path)).mode ?? 0) & 0o777;
}

Deno.test("a new file is for its owner only", async () => {
  await using folder = await TempFolder.make();
  const path = folder.at("f");
  await editFile(path, (content) => `was ${content}`);
  assertEquals(await Deno.readTextFile(path), "was undefined");
  assertEquals(await modeOf(path), 0o600);
  assertEquals(await namesIn(folder), ["f"]);
});

Deno.test("a file is replaced by a new one with the same mode", async () => {
  await using folder = await TempFolder.make();
  const path = folder.at("f");
  await Deno.writeTextFile(path, "old");
  await Deno.chmod(path, 0o646);
  const { ino } = await Deno.stat(path);
  using reader = await Deno.open(path);
  await editFile(path, (content) => `${content} and new`);
  assertEquals(await Deno.readTextFile(path), "old and new");
  assertEquals(await modeOf(path), 0o646);
  assertEquals((await Deno.stat(path)).ino === ino, false);
  // whoever had it open still sees all of the old one
  assertEquals(await new Response(reader.readable).text(), "old");
});

// nobody else may give files away
if (Deno.uid() === 0) {
  Deno.test("the owner stays the same", async () => {
    await using folder = await TempFolder.make();
    const path = folder.at("f");
    await Deno.writeTextFile(path, "old");
    await Deno.chown(path, 1234, 5678);
    await editFile(path, () => "new");
    const { uid, gid } = await Deno.stat(path);
    assertEquals([uid, gid], [1234, 5678]);
  });
}

Deno.test("a symbolic link stays one", async () => {
  await using folder = await TempFolder.make();
  await Deno.writeTextFile(folder.at("target"), "old");
  await Deno.symlink("target", folder.at("link"));
  await editFile(folder.at("link"), () => "new");
  assertEquals(await Deno.readTextFile(folder.at("target")), "new");
  assertEquals((await Deno.lstat(folder.at("link"))).isSymlink, true);
});

Deno.test("what is not changed is not written", async () => {
  await using folder = await TempFolder.make();
  const path = folder.at("f");
  await Deno.writeTextFile(path, "\ufeffold");
  const before = await Deno.stat(path);
  await editFile(path, (content) => content ?? "");
  assertEquals((await Deno.stat(path)).ino, before.ino);
});

Deno.test("when the edit fails nothing is left behind", async () => {
  await using folder = await TempFolder.make();
  const path = folder.at("f");
  await Deno.writeTextFile(path, "old");
  const fail = () => {
    throw new Error("no");
  };
  await assertRejects(() => editFile(path, fail), Error, "no");
  assertEquals(await Deno.readTextFile(path), "old");
  assertEquals(await namesIn(folder), ["f"]);
});

Deno.test("many edits at once all take effect", async () => {
  await using folder = await TempFolder.make();
  const path = folder.at("f");
  await Deno.writeTextFile(path, "");
  const letters = [..."abcdefghijklmnopqrst"];
  await Promise.all(letters.map((letter) => editFile(path, (content) => content + letter)));
  assertEquals([...await Deno.readTextFile(path)].sort(), letters);
  assertEquals(await namesIn(folder), ["f"]);
});

Deno.test("files that cannot be read or written are named", async () => {
  await using folder = await TempFolder.make();
  const missing = folder.at("none", "f");
  await assertRejects(
    () => editFile(missing, () => "x"),
    Error,
    `Cannot write ${missing}: there is no folder ${folder.at("none")}. Make it first`,
  );
  await assertRejects(
    () => editFile(folder.path, () => "x"),
    Error,
    `Cannot read ${folder.path}: `,
  );
  await Deno.writeFile(folder.at("f"), new Uint8Array([0xff]));
  await assertRejects(() => editFile(folder.at("f"), () => "x"), Error, "it is not UTF-8 text");
});
