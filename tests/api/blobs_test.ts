import { assert, assertEquals } from "@std/assert";
import { asRepositoryName } from "../../src/oci/reference.ts";
import { answer, codeOf, fakeApi } from "../support/api.ts";
import { sha256 } from "../support/fake_registry.ts";

const CONTENT = "0123456789";
const DIGEST = sha256(CONTENT);
const ETAG = `"${DIGEST}"`;
const TARGET = `/v2/r/blobs/${DIGEST}`;

function withBlob(content = CONTENT) {
  const { api, registry } = fakeApi();
  const name = asRepositoryName("r");
  assert(name);
  const digest = registry.repository(name).blobs.add(content);
  const target = `/v2/r/blobs/${digest}`;
  const ask = (headers: Readonly<Record<string, string>> = {}, method = "GET") =>
    answer(api, { method, target, headers });
  return { api, registry, ask };
}

Deno.test("getBlob() answers the bytes and what a cache needs", async () => {
  const { ask, registry } = withBlob();
  const got = await ask();
  assertEquals([got.status, got.text], [200, CONTENT]);
  assertEquals(got.got("etag"), ETAG);
  assertEquals(got.got("cache-control"), "max-age=31536000");
  assertEquals(got.got("docker-content-digest"), DIGEST);
  assertEquals(got.got("content-type"), "application/octet-stream");
  assertEquals(got.got("content-length"), "10");
  assertEquals(got.got("accept-ranges"), "bytes");
  assertEquals(registry.openSources, 0);
});

const RANGES: readonly (readonly [string, string, string])[] = [
  ["bytes=1-3", "123", "bytes 1-3/10"],
  ["bytes=7-", "789", "bytes 7-9/10"],
  ["bytes=-2", "89", "bytes 8-9/10"],
  ["bytes=-20", CONTENT, "bytes 0-9/10"],
  ["bytes=8-99", "89", "bytes 8-9/10"],
  ["bytes=0-0", "0", "bytes 0-0/10"],
  ["bytes=0-", CONTENT, "bytes 0-9/10"],
];

for (const [range, text, contentRange] of RANGES) {
  Deno.test(`getBlob() answers 206 to Range: ${range}`, async () => {
    const { ask, registry } = withBlob();
    const got = await ask({ Range: range });
    assertEquals([got.status, got.text, got.got("content-range")], [206, text, contentRange]);
    assertEquals(got.got("content-length"), String(text.length));
    assertEquals(got.got("etag"), ETAG);
    assertEquals(got.got("content-type"), "application/octet-stream");
    assertEquals(registry.openSources, 0);
  });
}

Deno.test("getBlob() answers several ranges as multipart/byteranges", async () => {
  const { ask, registry } = withBlob();
  const got = await ask({ Range: "bytes=0-1, 4-4,-2" });
  assertEquals(got.status, 206);
  assertEquals(got.got("content-range"), undefined);
  assertEquals(got.got("content-length"), String(got.bytes.length));
  const type = got.got("content-type") ?? "";
  const boundary = /^multipart\/byteranges; boundary=([\w-]+)$/.exec(type)?.[1];
  assert(boundary, type);
  const part = (range: string, text: string) =>
    `--${boundary}\r\nContent-Range: bytes ${range}/10\r\nContent-Type: application/octet-stream\r\n\r\n${text}`;
  assertEquals(
    got.text,
    [part("0-1", "01"), part("4-4", "4"), part("8-9", "89"), `--${boundary}--\r\n`].join("\r\n"),
  );
  assertEquals(registry.openSources, 0);
});

Deno.test("getBlob() answers the whole blob when the ranges ask for more than it has", async () => {
  const { ask, registry } = withBlob();
  const got = await ask({ Range: "bytes=0-8,1-9" });
  assertEquals([got.status, got.text], [200, CONTENT]);
  assertEquals(registry.openSources, 0);
});

Deno.test("getBlob() answers 416 to a range past the end, and keeps the ETag", async () => {
  const { ask, registry } = withBlob();
  const got = await ask({ Range: "bytes=10-" });
  assertEquals([got.status, got.text], [416, "invalid range: failed to overlap\n"]);
  assertEquals(got.got("content-range"), "bytes */10");
  assertEquals(got.got("content-type"), "text/plain; charset=utf-8");
  assertEquals(got.got("x-content-type-options"), "nosniff");
  assertEquals(got.got("docker-content-digest"), DIGEST);
  assertEquals(got.got("etag"), ETAG);
  assertEquals(registry.openSources, 0);
});

for (const range of ["bytes=5-2", "bytes=x", "bytes=1-2-3", "bytes=-"]) {
  Deno.test(`getBlob() answers 416 to Range: ${range}, which is none`, async () => {
    const { ask, registry } = withBlob();
    const got = await ask({ Range: range });
    assertEquals([got.status, got.text], [416, "invalid range\n"]);
    assertEquals(got.got("content-range"), undefined);
    assertEquals(registry.openSources, 0);
  });
}

Deno.test("getBlob() heeds If-Range", async () => {
  const { ask } = withBlob();
  const status = async (condition: string) =>
    (await ask({ Range: "bytes=1-3", "If-Range": condition })).status;
  assertEquals(await status(ETAG), 206);
  assertEquals(await status(DIGEST), 200);
  assertEquals(await status(`W/${ETAG}`), 200);
  assertEquals(await status('"other"'), 200);
  assertEquals(await status("Sat, 21 Nov 2026 08:00:00 GMT"), 200);
});

for (const method of ["GET", "HEAD"]) {
  Deno.test(`${method} of a blob answers 304 when If-None-Match has its ETag`, async () => {
    const { ask, registry } = withBlob();
    for (const condition of [ETAG, `W/${ETAG}`, `"x", ${ETAG}`, "*"]) {
      const got = await ask({ "If-None-Match": condition, Range: "bytes=1-3" }, method);
      assertEquals([got.status, got.text], [304, ""], condition);
      assertEquals(got.got("etag"), ETAG);
      assertEquals(got.got("cache-control"), "max-age=31536000");
      assertEquals(got.got("docker-content-digest"), DIGEST);
      assertEquals(got.got("content-length"), undefined);
    }
    assertEquals((await ask({ "If-None-Match": '"x"' }, method)).status, 200);
    assertEquals(registry.openSources, 0);
  });

  Deno.test(`${method} of a blob answers 412 when If-Match lacks its ETag`, async () => {
    const { ask } = withBlob();
    assertEquals((await ask({ "If-Match": '"x"' }, method)).status, 412);
    assertEquals((await ask({ "If-Match": `W/${ETAG}` }, method)).status, 412);
    for (const condition of [ETAG, "*", `"x", ${ETAG}`]) {
      assertEquals((await ask({ "If-Match": condition }, method)).status, 200, condition);
    }
  });

  Deno.test(`${method} of an unknown blob is 404 whatever its conditions`, async () => {
    const { api } = withBlob();
    const target = `/v2/other/blobs/${DIGEST}`;
    for (const headers of [{}, { "If-None-Match": "*" }, { "If-Match": "*" }]) {
      const got = await answer(api, { method, target, headers });
      assertEquals(got.status, 404);
      if (method === "GET") assertEquals(codeOf(got), "BLOB_UNKNOWN");
    }
  });
}

Deno.test("headBlob() answers the headers of the GET and opens nothing", async () => {
  const { ask, registry } = withBlob();
  for (const headers of [{}, { Range: "bytes=1-3" }, { Range: "bytes=10-" }, { Range: "x" }]) {
    const got = await ask(headers);
    registry.reads = 0;
    const head = await ask(headers, "HEAD");
    assertEquals(head.status, got.status);
    assertEquals([...head.answered], [...got.answered]);
    assertEquals([head.bytes.length, registry.reads], [0, 0]);
  }
});

Deno.test("headBlob() answers several ranges with the length of the GET", async () => {
  const { ask, registry } = withBlob();
  const headers = { Range: "bytes=0-1,3-4" };
  const got = await ask(headers);
  registry.reads = 0;
  const head = await ask(headers, "HEAD");
  assertEquals([...head.answered], [...got.answered]);
  assertEquals(registry.reads, 0);
});

Deno.test("getBlob() answers an empty blob whole, whatever range is asked for", async () => {
  const { ask } = withBlob("");
  for (const headers of [{}, { Range: "bytes=0-" }]) {
    const got = await ask(headers);
    assertEquals([got.status, got.text, got.got("content-length")], [200, "", "0"]);
  }
});

Deno.test("a stream of several ranges that nobody reads gives back the file", async () => {
  const { api, registry } = withBlob();
  const got = await answer(
    async (exchange) => {
      exchange.reply = () => Promise.resolve(); // the client has gone
      await api(exchange);
    },
    { target: TARGET, headers: { Range: "bytes=0-1,3-4" } },
  );
  assertEquals(got.replied, false);
  assertEquals(registry.openSources, 0);
});

Deno.test("deleteBlob() answers 202, then 404", async () => {
  const { ask } = withBlob();
  const gone = await ask({}, "DELETE");
  assertEquals([gone.status, gone.got("content-length")], [202, "0"]);
  const again = await ask({}, "DELETE");
  assertEquals([again.status, codeOf(again)], [404, "BLOB_UNKNOWN"]);
});
