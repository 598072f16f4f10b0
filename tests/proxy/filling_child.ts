// Fills a blob of 40 MiB from an upstream that stops at 30 MiB, tells when so much can be read, and waits to be killed.
import { FilesystemDriver } from "../../src/storage/filesystem.ts";
import { FillWorld, MIB } from "../support/fill_world.ts";

const [root = ""] = Deno.args;
const world = await FillWorld.make(40 * MIB, {
  driver: new FilesystemDriver({ root }),
  allowed: 30 * MIB,
});
const { source } = await world.open();
await source.read(new Uint8Array(1), 30 * MIB - 1);
console.log("there");
await new Promise((resolve) => setTimeout(resolve, 60_000));
