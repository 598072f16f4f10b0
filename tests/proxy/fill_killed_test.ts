import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { FilesystemDriver } from "../../src/storage/filesystem.ts";
import { FillWorld, MIB, takeAll } from "../support/fill_world.ts";
import { Process } from "../support/process.ts";
import { TempFolder } from "../support/temp_folder.ts";

const CHILD = fromFileUrl(new URL("./filling_child.ts", import.meta.url));

Deno.test("a process that is killed in the middle of a fill leaves nothing half", async () => {
  await using folder = await TempFolder.make();
  await using child = Process.start({
    command: [Deno.execPath(), "run", "-A", CHILD, folder.path],
  });
  await child.until(() => Promise.resolve(child.stdout.includes("there")));
  await child.end("SIGKILL");
  await using world = await FillWorld.make(40 * MIB, {
    driver: new FilesystemDriver({ root: folder.path }),
  });
  const left = await world.files();
  assert(left.length > 0 && left.every((path) => path.includes("/_uploads/")), left.join());
  assertEquals(await world.kept(), undefined);
  assertEquals(await takeAll((await world.open()).source), world.content);
  await world.fills.close();
  assertEquals(await world.kept(), world.content);
  assertEquals((await world.files()).filter((path) => !left.includes(path)).length, 2);
});
