import { assert, assertEquals, assertRejects } from "@std/assert";
import { createHash } from "node:crypto";
import { makeDigest } from "../../src/oci/digest.ts";
import { asRepositoryName } from "../../src/oci/reference.ts";
import { answer, codeOf, fakeApi } from "../support/api.ts";
import type { FakeRequest } from "../support/fake_exchange.ts";
import { type FakeRegistry, sha256 } from "../support/fake_registry.ts";

const HELLO = sha256("hello");
const START = "/v2/r/blobs/uploads/";
const UPLOAD = `${START}upload-0`;

function blobsOf(registry: FakeRegistry, text = "r") {
  const name = asRepositoryName(text);
  assert(name);
  return registry.repository(name).blobs;
}

/** An API with one upload, `upload-0`. */
async function started(content = "") {
  const { api, registry } = fakeApi();
  const begun = await answer(api, { method: "POST", target: START });
  if (content !== "") await answer(api, { method: "PATCH", target: UPLOAD, body: content });
  const send = (request: Partial<FakeRequest>) => answer(api, { target: UPLOAD, ...request });
  const chunks = (text: string) => [new TextEncoder().encode(text)];
  return { registry, begun, send, chunks, blobs: blobsOf(registry) };
}

Deno.test("startUpload() begins an upload", async () => {
  const { begun } = await started();
  assertEquals(begun.status, 202);
  assertEquals(begun.got("location"), `http://test${UPLOAD}`);
  assertEquals(begun.got("docker-upload-uuid"), "upload-0");
  assertEquals(begun.got("range"), "0-0");
  assertEquals(begun.got("content-length"), "0");
});

Deno.test("startUpload() takes a whole blob with its digest", async () => {
  for (const digest of [HELLO, sha512("hello")]) {
    const { api, registry } = fakeApi();
    for (const body of ["hello", [new TextEncoder().encode("hello")]]) {
      const target = `${START}?digest=${digest}`;
      const put = await answer(api, { method: "POST", target, body });
      assertEquals(put.status, 201);
      assertEquals(put.got("location"), `http://test/v2/r/blobs/${digest}`);
      assertEquals(put.got("docker-content-digest"), digest);
      assertEquals(put.got("docker-upload-uuid"), undefined);
    }
    assert(blobsOf(registry).stored.has(digest));
  }
});

function sha512(content: string) {
  return makeDigest("sha512", createHash("sha512").update(content).digest("hex"));
}

Deno.test("startUpload() takes the empty blob without a body, and waits for any other", async () => {
  const { api, registry } = fakeApi();
  for (const body of [undefined, ""]) {
    for (const digest of [sha256(""), sha512("")]) {
      const target = `${START}?digest=${digest}`;
      const empty = await answer(api, { method: "POST", target, ...(body === "" && { body }) });
      assertEquals(empty.status, 201);
      assert(blobsOf(registry).stored.has(digest));
    }
    const later = await answer(api, { method: "POST", target: `${START}?digest=${HELLO}` });
    assertEquals(later.status, 202);
  }
});

Deno.test("startUpload() leaves nothing of a whole blob that fails", async () => {
  const { api, registry } = fakeApi();
  const target = `${START}?digest=${HELLO}`;
  const bad = await answer(api, { method: "POST", target, body: "other" });
  assertEquals([bad.status, codeOf(bad)], [400, "DIGEST_INVALID"]);
  assertEquals(blobsOf(registry).uploads.size, 0);
  const broken = new Error("the client has gone");
  const session = await blobsOf(registry).startUpload();
  session.commit = () => Promise.reject(broken);
  blobsOf(registry).startUpload = () => Promise.resolve(session);
  const request = { method: "POST", target, body: "hello" };
  await assertRejects(() => answer(api, request), Error, "the client has gone");
  assertEquals(blobsOf(registry).uploads.size, 0);
});

Deno.test("startUpload() refuses a digest that is none before it reads", async () => {
  const { api } = fakeApi();
  for (const query of ["digest=sha256:abc", "digest-algorithm=md5"]) {
    const bad = await answer(api, { method: "POST", target: `${START}?${query}`, body: "hello" });
    assertEquals([bad.status, codeOf(bad), bad.bodyTaken], [400, "DIGEST_INVALID", false]);
  }
});

Deno.test("startUpload() hands on the algorithm that the client plans to use", async () => {
  const { api, registry } = fakeApi();
  const blobs = blobsOf(registry);
  const asked: unknown[] = [];
  const start = blobs.startUpload.bind(blobs);
  blobs.startUpload = (...given: unknown[]) => {
    asked.push(...given);
    return start();
  };
  for (const query of ["digest-algorithm=sha512", `digest=${sha512("x")}`, ""]) {
    await answer(api, { method: "POST", target: `${START}?${query}` });
  }
  assertEquals(asked, ["sha512", "sha512", undefined]);
});

Deno.test("startUpload() mounts a blob of another repository", async () => {
  const { api, registry } = fakeApi();
  const digest = blobsOf(registry, "source").add("hello");
  for (const from of ["&from=source", ""]) {
    blobsOf(registry).stored.clear();
    const target = `${START}?mount=${encodeURIComponent(digest)}${from}`;
    const mounted = await answer(api, { method: "POST", target });
    assertEquals(mounted.status, 201);
    assertEquals(mounted.got("location"), `http://test/v2/r/blobs/${digest}`);
    assertEquals(mounted.got("docker-content-digest"), digest);
    assert(blobsOf(registry).stored.has(digest));
  }
});

Deno.test("startUpload() falls through to an upload when a mount cannot be had", async () => {
  const { api, registry } = fakeApi();
  blobsOf(registry, "source").add("hello");
  const queries = [
    `mount=${sha256("unknown")}&from=source`,
    `mount=${HELLO}&from=nothing`,
    `mount=${HELLO}&from=Bad!`,
    `mount=${HELLO}&from=../source`,
    "mount=sha256:abc&from=source",
    "mount=&from=source",
  ];
  for (const query of queries) {
    const begun = await answer(api, { method: "POST", target: `${START}?${query}` });
    assertEquals(begun.status, 202, query);
    assertEquals(begun.got("range"), "0-0");
  }
  assertEquals(blobsOf(registry).stored.size, 0);
});

for (const method of ["GET", "HEAD"]) {
  Deno.test(`${method} of an upload says where it stands`, async () => {
    const { send } = await started("hello");
    const status = await send({ method, target: `${UPLOAD}?_state=foreign` });
    assertEquals(status.status, 204);
    assertEquals(status.got("range"), "0-4");
    assertEquals(status.got("location"), `http://test${UPLOAD}`);
    assertEquals(status.got("docker-upload-uuid"), "upload-0");
  });
}

Deno.test("patchUpload() adds what is sent, in pieces or whole", async () => {
  const { send, chunks, blobs } = await started();
  const octets = "Application/Octet-Stream; x=y";
  const first = await send({ method: "PATCH", body: "h", headers: { "Content-Type": octets } });
  assertEquals([first.status, first.got("range")], [202, "0-0"]);
  const second = await send({
    method: "PATCH",
    body: chunks("ell"),
    headers: { "Content-Type": "" },
  });
  assertEquals([second.status, second.got("range")], [202, "0-3"]);
  assertEquals(second.got("location"), `http://test${UPLOAD}`);
  const third = await send({ method: "PATCH", body: "o", headers: { "Content-Range": "4-4" } });
  assertEquals([third.status, third.got("range")], [202, "0-4"]);
  assertEquals(new TextDecoder().decode(blobs.uploads.get("upload-0")?.bytes), "hello");
});

Deno.test("patchUpload() refuses another Content-Type with 415 and reads nothing", async () => {
  const { send } = await started();
  const bad = await send({ method: "PATCH", body: "x", headers: { "Content-Type": "text/plain" } });
  assertEquals([bad.status, codeOf(bad), bad.bodyTaken], [415, "UNSUPPORTED", false]);
});

for (const method of ["PATCH", "PUT"]) {
  const target = method === "PUT" ? `${UPLOAD}?digest=${HELLO}` : UPLOAD;

  Deno.test(`${method} at the wrong place is 416 and says where the upload stands`, async () => {
    const { send, chunks } = await started("he");
    for (const body of ["llo", chunks("llo")]) {
      for (const range of ["3-5", "0-2", "bytes 1-3/*", "9-8", "3-9"]) {
        const bad = await send({ method, target, body, headers: { "Content-Range": range } });
        assertEquals([bad.status, codeOf(bad), bad.bodyTaken], [416, "RANGE_INVALID", false]);
        assertEquals(bad.got("range"), "0-1");
        assertEquals(bad.got("location"), `http://test${UPLOAD}`);
        assertEquals(bad.got("docker-upload-uuid"), "upload-0");
      }
    }
    assertEquals((await send({ method: "GET" })).got("range"), "0-1");
  });

  Deno.test(`${method} with a Content-Range that is none is 400`, async () => {
    const { send } = await started("he");
    const bad = await send({ method, target, body: "llo", headers: { "Content-Range": "x" } });
    assertEquals([bad.status, codeOf(bad), bad.bodyTaken], [400, "RANGE_INVALID", false]);
  });

  Deno.test(`${method} of another length than its Content-Range is 400 SIZE_INVALID`, async () => {
    const { send, chunks } = await started("he");
    const headers = { "Content-Range": "2-5" };
    const declared = await send({ method, target, body: "llo", headers });
    assertEquals([declared.status, codeOf(declared)], [400, "SIZE_INVALID"]);
    assertEquals(declared.bodyTaken, false);
    const none = await send({ method, target, headers });
    assertEquals([none.status, codeOf(none)], [400, "SIZE_INVALID"]);
    const chunked = await send({ method, target, body: chunks("llo"), headers });
    assertEquals([chunked.status, codeOf(chunked)], [400, "SIZE_INVALID"]);
  });

  Deno.test(`${method} to an unknown upload is 404 and reads nothing`, async () => {
    const { send } = await started();
    const bad = await send({ method, target: `${START}other?digest=x`, body: "x" });
    assertEquals([bad.status, codeOf(bad), bad.bodyTaken], [404, "BLOB_UPLOAD_UNKNOWN", false]);
  });
}

Deno.test("finishUpload() makes the blob, with a last chunk of any type or without one", async () => {
  const form = { "Content-Type": "application/x-www-form-urlencoded" };
  for (
    const [before, last] of [["hello", undefined], ["hello", ""], ["he", "llo"], ["", "hello"]]
  ) {
    const { send, blobs } = await started(before);
    const target = `${UPLOAD}?_state=x&digest=${encodeURIComponent(HELLO)}`;
    const body = last === undefined ? {} : { body: last };
    const made = await send({ method: "PUT", target, headers: form, ...body });
    assertEquals(made.status, 201);
    assertEquals(made.bodyTaken, Boolean(last));
    assertEquals(made.got("location"), `http://test/v2/r/blobs/${HELLO}`);
    assertEquals(made.got("docker-content-digest"), HELLO);
    assertEquals(made.got("content-length"), "0");
    assertEquals(new TextDecoder().decode(blobs.stored.get(HELLO)), "hello");
    assertEquals((await send({ method: "GET" })).status, 404);
  }
});

Deno.test("finishUpload() takes a last chunk at its place", async () => {
  const { send, blobs } = await started("he");
  const target = `${UPLOAD}?digest=${HELLO}`;
  const headers = { "Content-Range": "2-4" };
  assertEquals((await send({ method: "PUT", target, headers, body: "llo" })).status, 201);
  assert(blobs.stored.has(HELLO));
});

Deno.test("finishUpload() without a valid digest is 400 before it reads", async () => {
  const { send } = await started("he");
  const details: unknown[] = [];
  for (const query of ["", "?digest=", "?digest=sha256:abc", "?Digest=x"]) {
    const bad = await send({ method: "PUT", target: `${UPLOAD}${query}`, body: "llo" });
    assertEquals([bad.status, codeOf(bad), bad.bodyTaken], [400, "DIGEST_INVALID", false]);
    details.push(JSON.parse(bad.text).errors[0].detail);
  }
  const missing = "digest missing";
  assertEquals(details, [missing, missing, "digest parsing failed", missing]);
  assertEquals((await send({ method: "GET" })).got("range"), "0-1");
});

Deno.test("finishUpload() with another digest than the content's is 400", async () => {
  const { send, blobs } = await started("he");
  const bad = await send({ method: "PUT", target: `${UPLOAD}?digest=${HELLO}`, body: "LLO" });
  assertEquals([bad.status, codeOf(bad)], [400, "DIGEST_INVALID"]);
  assertEquals(blobs.stored.size, 0);
});

Deno.test("cancelUpload() is 204, and 404 the second time", async () => {
  const { send } = await started("he");
  const gone = await send({ method: "DELETE" });
  assertEquals([gone.status, gone.got("docker-upload-uuid")], [204, "upload-0"]);
  assertEquals((await send({ method: "DELETE" })).status, 404);
});

Deno.test("an upload is unknown in another repository", async () => {
  const { send } = await started("he");
  for (const method of ["GET", "PATCH", "PUT", "DELETE"]) {
    const target = `/v2/other/blobs/uploads/upload-0?digest=${HELLO}`;
    const got = await send({ method, target });
    assertEquals([got.status, codeOf(got)], [404, "BLOB_UPLOAD_UNKNOWN"]);
  }
});
