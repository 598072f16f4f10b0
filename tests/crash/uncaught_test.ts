import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { FilesystemDriver } from "../../src/storage/filesystem.ts";
import { eventually } from "../support/ask.ts";
import { content, noise } from "../support/images.ts";
import { InProcessServer } from "../support/in_process.ts";
import { RegistryClient } from "../support/registry_client.ts";
import { RegistryProcess } from "../support/registry_process.ts";
import { TempFolder } from "../support/temp_folder.ts";

const CHILD = fromFileUrl(new URL("faulty_child.ts", import.meta.url));
const TYPE = "application/octet-stream";
const STRAYS = [
  "Error: stray error in a timer",
  "Error: stray rejection",
  "Error: stray event",
  "Error: stray stream",
  "stray thing",
  "undefined",
];

Deno.test("errors that nobody catches are logged, and the server goes on with all that it was doing", async () => {
  const command = [Deno.execPath(), "run", "-A", CHILD];
  await using berth = await RegistryProcess.start({ command, http: ["draintimeout: 20s"] });
  const client = new RegistryClient(berth.url);
  const blob = content(TYPE, noise(200_000, 1));
  const begun = await client.startUpload("a");
  const half = await client.appendUpload(begun, blob.bytes.slice(0, 100_000));
  for (let times = 1; times <= 3; times++) {
    Deno.kill(berth.pid, "SIGUSR2");
    await eventually("a line for each", () => {
      const lines = (stray: string) => berth.stderr.split(`goes on: ${stray}`).length - 1;
      return Promise.resolve(STRAYS.every((stray) => lines(stray) === times));
    });
  }
  const next = await client.appendUpload(half, blob.bytes.slice(100_000));
  const put = await client.request("PUT", `${next}?digest=${blob.descriptor.digest}`);
  assertEquals(put.status, 201);
  await client.checkBlob("a", blob);
  assertEquals((await berth.stop()).code, 0);
});

Deno.test("an upload whose worker dies is answered 500, others go on, and the next one gets another worker", async () => {
  await using folder = await TempFolder.make();
  const workerUrl = new URL("../storage/faulty_store_worker.ts", import.meta.url);
  const driver = new FilesystemDriver({ root: folder.path, workers: 2, workerUrl });
  await using server = await InProcessServer.start({ driver });
  const client = new RegistryClient(server.url);
  const blob = content(TYPE, noise(1024 * 1024, 1));
  const doomed = await client.startUpload("fail.write.2.crash");
  const other = content(TYPE, noise(300_000, 2));
  const begun = await client.startUpload("other");
  const half = await client.appendUpload(begun, other.bytes.slice(0, 150_000));

  const crashed = await client.request("PATCH", doomed, { body: blob.bytes });
  assertEquals(crashed.status, 500);
  const said = new TextDecoder().decode(crashed.bytes);
  assertStringIncludes(said, '"code":"UNKNOWN"');
  assert(!said.includes(folder.path), said);
  assertEquals(server.faults.length, 1);

  const next = await client.appendUpload(half, other.bytes.slice(150_000));
  const put = await client.request("PUT", `${next}?digest=${other.descriptor.digest}`);
  assertEquals(put.status, 201);
  for (let times = 0; times < 4; times++) await client.pushBlob(`fine${times}`, blob);
  await client.checkBlob("fine3", blob);
});
