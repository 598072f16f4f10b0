// goals.md R8 and R28: uploads outlive the server, and stay what they were.
import { assert, assertEquals } from "@std/assert";
import { ask, eventually } from "../support/ask.ts";
import { scrub } from "../support/scrub.ts";
import { startBerth } from "../support/server.ts";
import { blobStatus, digestOf, OCTETS, UploadClient } from "./upload_client.ts";

Deno.test("an upload goes on after a stop and a start, by sha256 and by sha512", async () => {
  await using berth = await startBerth();
  const uploads = [await UploadClient.start(berth.port), await UploadClient.start(berth.port)];
  for (const upload of uploads) assertEquals((await upload.patch("hel", "0-2")).status, 202);
  await berth.stop();
  await berth.start();
  for (const [index, upload] of uploads.entries()) {
    const digest = digestOf("hello", index === 0 ? "sha256" : "sha512");
    assertEquals(await upload.range(), "0-2");
    assertEquals((await upload.patch("xx", "0-1")).status, 416);
    assertEquals((await upload.patch("l", "3-3")).status, 202);
    assertEquals((await upload.put(digest, { headers: OCTETS, body: "o" })).status, 201);
    assertEquals((await ask(berth.port, "GET", `/v2/r/blobs/${digest}`)).text, "hello");
  }
  assertEquals(await scrub(berth.root), []);
});

Deno.test("an upload goes on after kill -9 in the middle of a chunk", async () => {
  await using berth = await startBerth();
  const content = new Uint8Array(3_000_000).map((_, i) => i * i >> 7);
  const upload = await UploadClient.start(berth.port);
  const connection = await upload.begin("PATCH", { "Content-Length": String(content.length) });
  await connection.send(content.slice(0, 2_000_000));
  await eventually("a part of the chunk", async () => await upload.range() !== "0-0");
  await berth.kill();
  connection[Symbol.dispose]();
  assertEquals(await scrub(berth.root), []);

  await berth.start();
  const [, last] = (await upload.range() ?? "").split("-");
  const offset = last === "0" ? 0 : Number(last) + 1;
  assert(offset <= 2_000_000, `the upload stands at ${offset}, which was never sent`);
  assertEquals(await blobStatus(berth.port, digestOf(content)), 404);
  const rest = content.slice(offset);
  const reply = await upload.patch(rest, `${offset}-${content.length - 1}`);
  assertEquals(reply.status, 202, reply.text);
  assertEquals((await upload.put(digestOf(content))).status, 201);
  const got = await ask(berth.port, "GET", `/v2/r/blobs/${digestOf(content)}`);
  assertEquals(digestOf(got.body), digestOf(content));
});

Deno.test("after a restart an id is worth as much as before: in its repository, while it is open", async () => {
  await using berth = await startBerth();
  const open = await UploadClient.start(berth.port);
  const committed = await UploadClient.start(berth.port);
  const cancelled = await UploadClient.start(berth.port);
  const failed = await UploadClient.start(berth.port);
  await open.patch("hel");
  assertEquals((await committed.put(digestOf("a"), { headers: OCTETS, body: "a" })).status, 201);
  assertEquals((await cancelled.cancel()).status, 204);
  assertEquals((await failed.put(digestOf("a"), { headers: OCTETS, body: "b" })).status, 400);
  await berth.kill();
  await berth.start();
  for (const gone of [committed, cancelled, failed]) {
    assertEquals((await gone.status()).code, "BLOB_UPLOAD_UNKNOWN");
  }
  const elsewhere = await ask(berth.port, "GET", `/v2/r/s/blobs/uploads/${open.id}`);
  assertEquals([elsewhere.status, elsewhere.code], [404, "BLOB_UPLOAD_UNKNOWN"]);
  assertEquals(await open.range(), "0-2");
});
