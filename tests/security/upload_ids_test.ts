// goals.md R28: who doesn't know an upload, its repository and that it is open, has no upload.
import { assert, assertEquals } from "@std/assert";
import { FilesystemDriver } from "../../src/storage/filesystem.ts";
import { ask, type Reply } from "../support/ask.ts";
import { InProcessServer } from "../support/in_process.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { listTree } from "../support/tree.ts";
import { digestOf, OCTETS, UploadClient } from "./upload_client.ts";

const HELLO = digestOf("hello");
const UUID_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Everything that can be done to an upload, sent to this target. */
async function tryAll(port: number, target: string): Promise<Reply[]> {
  return [
    await ask(port, "GET", target),
    await ask(port, "HEAD", target),
    await ask(port, "PATCH", target, { headers: OCTETS, body: "x" }),
    await ask(port, "PATCH", target, { headers: OCTETS, body: ["x"] }),
    await ask(port, "PUT", `${target}?digest=${HELLO}`, { headers: OCTETS, body: "lo" }),
    await ask(port, "PUT", `${target}?digest=${HELLO}`),
    await ask(port, "PUT", target),
    await ask(port, "DELETE", target),
  ];
}

/** Fails when one of them was more than BLOB_UPLOAD_UNKNOWN, or left a trace. */
async function assertUnknown(port: number, root: string, target: string): Promise<void> {
  const before = await listTree(root);
  for (const [index, { status, code }] of (await tryAll(port, target)).entries()) {
    const isHead = index === 1;
    assertEquals([status, isHead ? undefined : code], [
      404,
      isHead ? undefined : "BLOB_UPLOAD_UNKNOWN",
    ], target);
  }
  assertEquals(await listTree(root), before, target);
}

async function onDisk(run: (port: number, root: string) => Promise<void>): Promise<void> {
  await using folder = await TempFolder.make();
  await using server = await InProcessServer.start({
    driver: new FilesystemDriver({ root: folder.path }),
  });
  await run(server.port, folder.path);
  assertEquals(server.faults, []);
}

Deno.test("ids of uploads are random UUIDs of version 4, each another", async () => {
  await using server = await InProcessServer.start();
  const ids = new Set<string>();
  for (let i = 0; i < 50; i++) ids.add((await UploadClient.start(server.port)).id);
  assertEquals(ids.size, 50);
  for (const id of ids) assert(UUID_4.test(id), id);
});

Deno.test("an id that nobody was given is unknown, whatever it looks like", async () => {
  await onDisk(async (port, root) => {
    const { id } = await UploadClient.start(port);
    for (
      const guess of [
        crypto.randomUUID(),
        "00000000-0000-0000-0000-000000000000",
        id.toUpperCase(),
        id.replaceAll("-", ""),
        id.slice(0, -1),
        `${id}0`,
        `${id}.`,
        `${id}=`,
        "startedat",
        "data",
        "a".repeat(128),
      ]
    ) await assertUnknown(port, root, `/v2/r/blobs/uploads/${guess}`);
  });
});

Deno.test("an id is unknown in every repository but its own", async () => {
  await onDisk(async (port, root) => {
    const upload = await UploadClient.start(port, "team/app");
    await upload.patch("hel");
    for (const other of ["app", "team", "team/app/x", "team/app2", "other/team/app"]) {
      await assertUnknown(port, root, `/v2/${other}/blobs/uploads/${upload.id}`);
    }
    assertEquals(await upload.range(), "0-2");
    assertEquals((await upload.put(HELLO, { headers: OCTETS, body: "lo" })).status, 201);
  });
});

Deno.test("the id of another repository is unknown even while its upload is being written", async () => {
  await onDisk(async (port, root) => {
    const upload = await UploadClient.start(port);
    using connection = await upload.begin("PATCH", { "Content-Length": "5" });
    await connection.send("h");
    await assertUnknown(port, root, `/v2/s/blobs/uploads/${upload.id}`);
    await connection.send("ello");
    assertEquals((await connection.response()).status, 202);
    assertEquals(await upload.range(), "0-4");
  });
});

Deno.test("an id is unknown after its commit, its cancellation, and a wrong digest", async () => {
  await onDisk(async (port, root) => {
    const ends: readonly ((upload: UploadClient) => Promise<Reply>)[] = [
      (upload) => upload.put(HELLO, { headers: OCTETS, body: "hello" }),
      (upload) => upload.cancel(),
      (upload) => upload.put(HELLO, { headers: OCTETS, body: "other" }),
    ];
    for (const end of ends) {
      const upload = await UploadClient.start(port);
      await end(upload);
      await assertUnknown(port, root, upload.target);
    }
    assertEquals((await ask(port, "GET", `/v2/r/blobs/${HELLO}`)).text, "hello");
  });
});

Deno.test("a state of distribution's in the URL opens nothing", async () => {
  await onDisk(async (port, root) => {
    const state = btoa(
      JSON.stringify({ Name: "r", UUID: crypto.randomUUID(), Offset: 0, StartedAt: "" }),
    );
    const target = `/v2/r/blobs/uploads/${crypto.randomUUID()}?_state=${state}`;
    const before = await listTree(root);
    for (const method of ["GET", "PATCH", "PUT", "DELETE"]) {
      const { status, code } = await ask(port, method, target, { headers: OCTETS, body: "x" });
      assertEquals([status, code], [404, "BLOB_UPLOAD_UNKNOWN"], method);
    }
    assertEquals(await listTree(root), before);
  });
});
