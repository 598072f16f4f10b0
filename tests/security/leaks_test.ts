// goals.md R27: whoever breaks off leaves nothing behind in the server, neither files nor memory.
import { assert, assertEquals } from "@std/assert";
import { ask, chunked, eventually, head } from "../support/ask.ts";
import type { RegistryProcess } from "../support/registry_process.ts";
import { startBerth } from "../support/server.ts";
import { listTree } from "../support/tree.ts";
import { digestOf, OCTETS, UploadClient } from "./upload_client.ts";

/** Broken requests of each of the three kinds. BERTH_ABORTS=100000 for a long run. */
const ABORTS = Number(Deno.env.get("BERTH_ABORTS") ?? 3_500);
/** Requests that break off at once. */
const CLIENTS = 32;
const ROUNDS = 4;
/** Half a buffer of a socket (64 KiB) left by each request shows; what the collector has not got round to does not. */
const RSS_SLACK = 96 * 1024 * 1024;
/** Larger than what socket buffers swallow, so that every pull is cut in the middle. */
const BLOB_SIZE = 16 * 1024 * 1024;

/** How many files and sockets a process has open. */
async function openFiles(pid: number): Promise<number> {
  return (await Array.fromAsync(Deno.readDir(`/proc/${pid}/fd`))).length;
}

/** Resident memory, in bytes. */
async function residentMemory(pid: number): Promise<number> {
  const [, pages = "0"] = (await Deno.readTextFile(`/proc/${pid}/statm`)).split(" ");
  return Number(pages) * 4096;
}

/** Sends the text, waits for as many bytes of answer as are wanted, and is gone. */
async function breakOff(port: number, text: string | Uint8Array, wanted: number): Promise<void> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  try {
    const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
    for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
    const into = new Uint8Array(16 * 1024);
    for (let got = 0; got < wanted;) got += await connection.read(into) ?? Infinity;
  } finally {
    connection.close();
  }
}

/**
 * Breaks off in rounds. Memory may not grow after the first, which fills caches and pools. Before the next few clients come, the files
 * of the last ones must be closed and whatever else they left must be `cleared`: clients that don't wait for an answer come faster
 * than any server can clean up behind them.
 */
async function assertNoLeak(
  berth: RegistryProcess,
  act: (index: number) => Promise<void>,
  { cleared = () => Promise.resolve(true), kept = 0 }: {
    readonly cleared?: () => Promise<boolean>;
    /** Files that may stay open. */
    readonly kept?: number;
  } = {},
): Promise<void> {
  const most = await openFiles(berth.pid) + kept;
  const sizes: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (let index = 0; index < ABORTS / ROUNDS; index += CLIENTS) {
      await Promise.all(Array.from({ length: CLIENTS }, (_, i) => act(index + i)));
      // Connections are accepted in their order: all have been, when this one is answered.
      assertEquals((await ask(berth.port, "GET", "/v2/")).status, 200);
      await eventually("the closing of all files", async () => {
        return await cleared() && await openFiles(berth.pid) <= most;
      }, 20_000);
    }
    sizes.push(await residentMemory(berth.pid));
  }
  const [first = 0] = sizes;
  assert(
    (sizes.at(-1) ?? 0) - first < RSS_SLACK,
    `memory grew from round to round: ${sizes.map((size) => Math.round(size / 2 ** 20))} MiB`,
  );
}

/** A registry that holds one large blob and has opened whatever it keeps open. */
async function start(): Promise<{ berth: RegistryProcess; digest: string }> {
  const berth = await startBerth({ log: ["level: error", "accesslog:", "  disabled: true"] });
  const content = new Uint8Array(BLOB_SIZE).map((_, i) => i * 31 >> 5);
  const digest = digestOf(content);
  const upload = await UploadClient.start(berth.port);
  assertEquals((await upload.put(digest, { headers: OCTETS, body: content })).status, 201);
  assertEquals((await ask(berth.port, "GET", `/v2/r/blobs/${digest}`)).body.length, BLOB_SIZE);
  return { berth, digest };
}

Deno.test(`${ABORTS} pulls that break off leave no file open and no memory taken`, async () => {
  const { berth, digest } = await start();
  await using _ = berth;
  const get = head("GET", `/v2/r/blobs/${digest}`);
  // At once, after the head of the answer, and in the middle of the blob.
  const depths = [0, 1, 300_000];
  await assertNoLeak(berth, (index) => breakOff(berth.port, get, depths[index % 3] ?? 0));
});

Deno.test(`${ABORTS} pushes of whole blobs that break off leave nothing, on disk neither`, async () => {
  const { berth } = await start();
  await using _ = berth;
  const digest = digestOf("never complete");
  const target = `/v2/r/blobs/uploads/?digest=${digest}`;
  const length = head("POST", target, { ...OCTETS, "Content-Length": "100000" }) +
    "x".repeat(2_000);
  const chunks = head("POST", target, { ...OCTETS, "Transfer-Encoding": "chunked" }) +
    new TextDecoder().decode(chunked("x".repeat(2_000)));
  const before = await listTree(berth.root);
  const uploads = `${berth.root}/docker/registry/v2/repositories/r/_uploads`;
  await assertNoLeak(
    berth,
    (index) => breakOff(berth.port, index % 2 ? length : chunks, 0),
    { cleared: async () => (await Array.fromAsync(Deno.readDir(uploads))).length === 0 },
  );
  assertEquals(
    (await listTree(berth.root)).filter(([path]) => !before.some(([p]) => p === path)),
    [],
  );
});

Deno.test(`${ABORTS} chunks that break off, for a few uploads, leave them usable and nothing else open`, async () => {
  const { berth } = await start();
  await using _ = berth;
  const uploads = await Promise.all(
    Array.from({ length: CLIENTS }, () => UploadClient.start(berth.port)),
  );
  for (const upload of uploads) await upload.patch("x");
  await assertNoLeak(berth, (index) => {
    const upload = uploads[index % uploads.length];
    const patch = head("PATCH", upload?.target ?? "", { ...OCTETS, "Content-Length": "100000" });
    return breakOff(berth.port, patch + "x".repeat(2_000), 0);
  }, { kept: uploads.length }); // an upload that has grown keeps its file open
  for (const upload of uploads) {
    await eventually(
      "the end of the last chunk",
      async () => (await upload.cancel()).status !== 409,
    );
    assertEquals((await upload.status()).status, 404);
  }
});

Deno.test("more pushes at once than sessions are kept at hand leave no upload when they break off", async () => {
  const { berth } = await start();
  await using _ = berth;
  const target = `/v2/r/blobs/uploads/?digest=${digestOf("never complete")}`;
  const push = head("POST", target, { ...OCTETS, "Transfer-Encoding": "chunked" }) +
    new TextDecoder().decode(chunked("x".repeat(2_000)));
  const uploads = `${berth.root}/docker/registry/v2/repositories/r/_uploads`;
  for (let round = 0; round < 4; round++) {
    await Promise.all(Array.from({ length: 400 }, () => breakOff(berth.port, push, 0)));
    assertEquals((await ask(berth.port, "GET", "/v2/")).status, 200);
    await eventually("the removal of all uploads", async () => {
      return (await Array.fromAsync(Deno.readDir(uploads))).length === 0;
    }, 20_000);
  }
});
