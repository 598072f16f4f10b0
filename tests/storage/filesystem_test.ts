import { FilesystemDriver } from "../../src/storage/filesystem.ts";
import { testStorageDriver } from "../contract/storage_driver.ts";
import { filesBelow } from "./files_below.ts";

testStorageDriver("filesystem", async () => {
  const folder = await Deno.makeTempDir({ prefix: "berth-storage-" });
  return {
    driver: new FilesystemDriver({ root: `${folder}/made/by/it` }),
    cleanup: () => Deno.remove(folder, { recursive: true }),
    strayFiles: () => filesBelow(folder),
  };
});
