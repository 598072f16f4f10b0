// goals.md R8: uploads that break off, lie, or meet.
import { assert, assertEquals } from "@std/assert";
import type { StorageDriver } from "../../src/storage/driver.ts";
import { FilesystemDriver } from "../../src/storage/filesystem.ts";
import { MemoryDriver } from "../../src/storage/memory.ts";
import { ask, chunked, eventually, head } from "../support/ask.ts";
import { InProcessServer } from "../support/in_process.ts";
import { RawConnection } from "../support/raw_http.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { blobStatus, digestOf, OCTETS, UploadClient } from "./upload_client.ts";

const HELLO = digestOf("hello");

/** Registers a test on a server over each driver; faults of the server fail it. */
function uploadTest(name: string, run: (port: number) => Promise<void>): void {
  const on = async (driver: StorageDriver) => {
    await using server = await InProcessServer.start({ driver });
    await run(server.port);
    assertEquals(server.faults, []);
  };
  Deno.test(`${name}, in memory`, () => on(new MemoryDriver()));
  Deno.test(`${name}, on disk`, async () => {
    await using folder = await TempFolder.make();
    await on(new FilesystemDriver({ root: folder.path }));
  });
}

/** Sends the rest once the server has noticed that the other connection is gone. */
async function patchWhenFree(upload: UploadClient, body: string, range: string): Promise<void> {
  await eventually("the end of the broken request", async () => {
    const reply = await upload.patch(body, range);
    assert(reply.status === 202 || reply.code === "BLOB_UPLOAD_INVALID", reply.text);
    return reply.status === 202;
  });
}

uploadTest("a PATCH that breaks off keeps what arrived, and goes on from there", async (port) => {
  const upload = await UploadClient.start(port);
  const connection = await upload.begin("PATCH", { "Content-Length": "5" });
  await connection.send("hel");
  await eventually("the first bytes", async () => await upload.range() === "0-2");
  connection[Symbol.dispose]();
  await patchWhenFree(upload, "lo", "3-4");
  assertEquals(await blobStatus(port, HELLO), 404);
  assertEquals((await upload.put(HELLO)).status, 201);
  assertEquals((await ask(port, "GET", `/v2/r/blobs/${HELLO}`)).text, "hello");
});

uploadTest("a chunked PATCH without its last chunk keeps whole chunks", async (port) => {
  const upload = await UploadClient.start(port);
  const connection = await upload.begin("PATCH", { "Transfer-Encoding": "chunked" });
  await connection.send(chunked("hel"));
  await connection.send("5\r\nlo"); // a chunk of five, two of which come
  await eventually("the first bytes", async () => (await upload.range() ?? "") >= "0-2");
  connection[Symbol.dispose]();
  await eventually("the end of the broken request", async () => {
    const reply = await upload.patch("", undefined);
    return reply.status === 202;
  });
  const range = await upload.range();
  assert(range === "0-2" || range === "0-4", `the upload stands at ${range}`);
  const rest = "hello".slice(Number(range?.slice(2)) + 1);
  assertEquals((await upload.put(HELLO, { headers: OCTETS, body: rest })).status, 201);
});

uploadTest(
  "a PUT that breaks off commits nothing, though its bytes fit the digest",
  async (port) => {
    const upload = await UploadClient.start(port);
    const connection = await upload.begin("PUT", { "Content-Length": "10" }, `?digest=${HELLO}`);
    await connection.send("hello");
    await eventually("the first bytes", async () => await upload.range() === "0-4");
    connection[Symbol.dispose]();
    await eventually("the end of the broken request", async () => {
      return (await upload.patch("", undefined)).status === 202;
    });
    assertEquals(await blobStatus(port, HELLO), 404);
    assertEquals(await upload.range(), "0-4");
    assertEquals((await upload.put(HELLO)).status, 201);
  },
);

uploadTest("a chunked PUT without its last chunk commits nothing", async (port) => {
  const upload = await UploadClient.start(port);
  const connection = await upload.begin(
    "PUT",
    { "Transfer-Encoding": "chunked" },
    `?digest=${HELLO}`,
  );
  await connection.send(chunked("hello"));
  await eventually("the first bytes", async () => await upload.range() === "0-4");
  connection[Symbol.dispose]();
  await eventually("the end of the broken request", async () => {
    return (await upload.patch("", undefined)).status === 202;
  });
  assertEquals(await blobStatus(port, HELLO), 404);
});

Deno.test("a POST of a whole blob that breaks off leaves neither blob nor upload", async () => {
  await using folder = await TempFolder.make();
  await using server = await InProcessServer.start({
    driver: new FilesystemDriver({ root: folder.path }),
  });
  const uploads = folder.at("docker/registry/v2/repositories/r/_uploads");
  using connection = await RawConnection.open(server.port);
  await connection.send(
    head("POST", `/v2/r/blobs/uploads/?digest=${HELLO}`, { ...OCTETS, "Content-Length": "9" }),
  );
  await connection.send("hello");
  await eventually("the upload", async () => (await namesIn(uploads)).length === 1);
  connection[Symbol.dispose]();
  await eventually("its end", async () => (await namesIn(uploads)).length === 0);
  assertEquals(await blobStatus(server.port, HELLO), 404);
  assertEquals(server.faults, []);
});

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

uploadTest("a wrong digest is refused, and neither blob nor upload is left", async (port) => {
  const upload = await UploadClient.start(port);
  await upload.patch("hel", "0-2");
  const wrong = digestOf("something else");
  const reply = await upload.put(wrong, { headers: OCTETS, body: "lo" });
  assertEquals([reply.status, reply.code], [400, "DIGEST_INVALID"]);
  assertEquals(await blobStatus(port, wrong), 404);
  assertEquals(await blobStatus(port, HELLO), 404);
  assertEquals((await upload.status()).code, "BLOB_UPLOAD_UNKNOWN");
});

for (
  const [range, status, code] of [
    ["3-4", 416, "RANGE_INVALID"], // a gap
    ["0-1", 416, "RANGE_INVALID"], // once more
    ["1-2", 416, "RANGE_INVALID"], // overlapping
    ["2-1", 416, "RANGE_INVALID"], // backwards
    ["999999999999999-999999999999999", 416, "RANGE_INVALID"],
    ["2-2", 400, "SIZE_INVALID"], // too short
    ["2-9", 400, "SIZE_INVALID"], // too long
    ["-2-3", 400, "RANGE_INVALID"],
    ["2-", 400, "RANGE_INVALID"],
    ["9999999999999999999999-9999999999999999999999", 400, "RANGE_INVALID"],
    ["bytes */2", 400, "RANGE_INVALID"],
    ["2-3, 4-5", 400, "RANGE_INVALID"],
    ["", 400, "RANGE_INVALID"],
  ] as const
) {
  uploadTest(
    `the chunk "${range}" of two bytes at offset 2 is refused with ${status} ${code}`,
    async (port) => {
      const upload = await UploadClient.start(port);
      await upload.patch("he", "0-1");
      const digest = digestOf("hexx");
      for (
        const reply of [
          await upload.patch("xx", range),
          await upload.put(digest, { headers: { "Content-Range": range }, body: "xx" }),
        ]
      ) {
        assertEquals([reply.status, reply.code], [status, code]);
        if (status === 416) assertEquals(reply.header("range"), "0-1");
      }
      assertEquals(await upload.range(), "0-1");
      assertEquals(await blobStatus(port, digest), 404);
      assertEquals((await upload.put(HELLO, { headers: OCTETS, body: "llo" })).status, 201);
    },
  );
}

uploadTest(
  "a chunked body that is longer than its Content-Range is refused, and no more of it is kept",
  async (port) => {
    const upload = await UploadClient.start(port);
    const reply = await upload.patch(["he", "llo", " and more"], "0-1");
    assertEquals([reply.status, reply.code], [400, "SIZE_INVALID"]);
    const range = await upload.range();
    assert(range === "0-0" || range === "0-1", `the upload stands at ${range}`);
  },
);

uploadTest("while one request writes, others are refused and disturb nothing", async (port) => {
  const upload = await UploadClient.start(port);
  using connection = await upload.begin("PATCH", { "Content-Length": "5" });
  await connection.send("hel");
  await eventually("the first bytes", async () => await upload.range() === "0-2");
  const others = [
    await upload.patch("xx"),
    await upload.patch("xx", "3-4"),
    await upload.put(digestOf("helxx"), { headers: OCTETS, body: "xx" }),
    await upload.cancel(),
  ];
  assertEquals(others.map(({ status, code }) => [status, code]), [
    [409, "BLOB_UPLOAD_INVALID"],
    [409, "BLOB_UPLOAD_INVALID"],
    [409, "BLOB_UPLOAD_INVALID"],
    [409, "BLOB_UPLOAD_INVALID"],
  ]);
  await connection.send("lo");
  assertEquals((await connection.response()).status, 202);
  assertEquals((await upload.put(HELLO)).status, 201);
});

uploadTest(
  "of chunks for the same place that are sent at once, one wins and is whole",
  async (port) => {
    const upload = await UploadClient.start(port);
    const bodies = Array.from(
      { length: 12 },
      (_, i) => String.fromCharCode(97 + i).repeat(300_000),
    );
    const replies = await Promise.all(bodies.map((body) => upload.patch(body, "0-299999")));
    const winners = bodies.filter((_, i) => replies[i]?.status === 202);
    assertEquals(winners.length, 1);
    for (const { status } of replies) assert([202, 409, 416].includes(status), String(status));
    assertEquals(await upload.range(), "0-299999");
    assertEquals((await upload.put(digestOf(winners[0] ?? ""))).status, 201);
  },
);

uploadTest("of commits that are sent at once, one makes the blob", async (port) => {
  const upload = await UploadClient.start(port);
  await upload.patch("hello");
  const replies = await Promise.all(Array.from({ length: 8 }, () => upload.put(HELLO)));
  assertEquals(replies.filter(({ status }) => status === 201).length, 1);
  for (const { status } of replies) assert([201, 404, 409].includes(status), String(status));
  assertEquals((await ask(port, "GET", `/v2/r/blobs/${HELLO}`)).text, "hello");
});
