import { assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { denoSystem } from "../../src/cli/deno_system.ts";
import { TempFolder } from "../support/temp_folder.ts";

Deno.test("prepareFolder() makes a folder that can be written, and rejects when it cannot", async () => {
  await using folder = await TempFolder.make();
  assertEquals(await denoSystem().prepareFolder(folder.at("a/b")), true);
  assertEquals((await Deno.stat(folder.at("a/b"))).isDirectory, true);
  await Deno.writeTextFile(folder.at("file"), "");
  await assertRejects(() => denoSystem().prepareFolder(folder.at("file")));
  await assertRejects(() => denoSystem().prepareFolder(folder.at("file/below")));
});

// Root may write everything, so that there is nothing to tell.
if (Deno.uid() !== 0) {
  Deno.test("prepareFolder() tells of a folder whose owner may not write it, and leaves its mode", async () => {
    await using folder = await TempFolder.make();
    await Deno.mkdir(folder.at("a"), { mode: 0o555 });
    assertEquals(await denoSystem().prepareFolder(folder.at("a")), false);
    assertEquals((await Deno.stat(folder.at("a"))).mode! & 0o7777, 0o555);
    await assertRejects(() => denoSystem().prepareFolder(folder.at("a/b")));
  });
}

Deno.test({
  name: "prepareFolder() tells of a read-only file system, to root as well",
  ignore: !canMount(),
  fn: async () => {
    await using folder = await TempFolder.make();
    const system = import.meta.resolve("../../src/cli/deno_system.ts");
    const code = `import { denoSystem } from "${system}";
      console.log(await denoSystem().prepareFolder("."));
      await denoSystem().prepareFolder("a").catch(({ code }) => console.log(code));`;
    await Deno.writeTextFile(folder.at("look.ts"), code);
    const config = fromFileUrl(import.meta.resolve("../../deno.json"));
    const command = `mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && cd "$1" && ` +
      `exec "$2" run -A --config "$3" look.ts`;
    const { stdout } = await new Deno.Command("unshare", {
      args: ["-rm", "sh", "-ec", command, "sh", folder.path, Deno.execPath(), config],
      env: { DENO_NO_UPDATE_CHECK: "1" },
    }).output();
    assertEquals(new TextDecoder().decode(stdout), "false\nEROFS\n");
  },
});

/** Whether this machine lets us mount in a namespace of our own. */
function canMount(): boolean {
  if (Deno.build.os !== "linux") return false;
  try {
    const args = ["-rm", "mount", "--bind", "/tmp", "/tmp"];
    return new Deno.Command("unshare", { args, stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}
