import { assert, assertEquals, assertRejects } from "@std/assert";
import { parseDigest } from "../../src/oci/digest.ts";
import { eventually } from "../support/eventually.ts";
import { sha256 } from "../support/images.ts";
import { type Script, type ScriptedAnswer, ScriptedServer } from "../support/scripted_server.ts";
import { assertFails, collect, repository, TestedUpstream } from "../support/tested_upstream.ts";

const app = repository("team/app");
const bytes = Uint8Array.from({ length: 1_000_000 }, (_, i) => i * 7 % 251);
const digest = parseDigest(sha256(bytes));
const { signal } = new AbortController();

async function scripted(
  script: Script | ScriptedAnswer,
  use: (tested: TestedUpstream, server: ScriptedServer) => Promise<void>,
  limits = {},
): Promise<void> {
  await using server = ScriptedServer.start(typeof script === "function" ? script : () => script);
  using tested = new TestedUpstream(server.url, { limits });
  await use(tested, server);
}

/** Serves the bytes as a good registry does. */
const serving: Script = ({ headers, method }) => {
  const range = headers.get("range")?.match(/^bytes=(\d+)-(\d*)$/);
  if (!range) return { body: bytes };
  if (method === "HEAD") return { body: bytes };
  const start = Number(range[1]);
  const end = range[2] === "" ? bytes.length : Number(range[2]) + 1;
  if (start >= bytes.length) {
    return { status: 416, headers: { "content-range": `bytes */${bytes.length}` } };
  }
  return {
    status: 206,
    headers: { "content-range": `bytes ${start}-${end - 1}/${bytes.length}` },
    body: bytes.subarray(start, end),
  };
};

const read = async (tested: TestedUpstream, options = {}) => {
  const blob = await tested.upstream.blob(app, digest, { signal, start: 0, ...options });
  assert(blob !== undefined);
  return { size: blob.size, bytes: await collect(blob.chunks) };
};

Deno.test("blob() streams all bytes in chunks that are the taker's", async () => {
  await scripted(serving, async (tested, server) => {
    const blob = await tested.upstream.blob(app, digest, { signal, start: 0 });
    const chunks = await Array.fromAsync(blob?.chunks ?? []);
    for (const chunk of chunks) assert(chunk.buffer.transfer().detached === false);
    assertEquals(blob?.size, bytes.length);
    assertEquals(server.asked, [`GET /v2/team/app/blobs/${digest}`]);
    assertEquals(server.requests[0]?.headers.has("range"), false);
  });
  await scripted(serving, async (tested) => {
    assertEquals(sha256((await read(tested)).bytes), digest);
  });
});

Deno.test("blob() goes on where it is told, by Range", async () => {
  await scripted(serving, async (tested, server) => {
    for (
      const [start, end] of [[999_999, undefined], [5, 10], [0, 7], [500_000, undefined]] as const
    ) {
      const got = await read(tested, { start, ...(end !== undefined && { end }) });
      assertEquals(got.size, bytes.length);
      assertEquals(got.bytes, bytes.slice(start, end));
    }
    const ranges = server.requests.map(({ headers }) => headers.get("range")).join(" ");
    assertEquals(ranges, "bytes=999999- bytes=5-9 bytes=0-6 bytes=500000-");
  });
});

Deno.test("blob() passes over what lies before, when upstream knows no ranges", async () => {
  await scripted({ body: bytes }, async (tested) => {
    for (
      const [start, end] of [[999_999, undefined], [5, 10], [700_000, 800_000], [0, 1]] as const
    ) {
      const got = await read(tested, { start, ...(end !== undefined && { end }) });
      assertEquals(got.bytes, bytes.slice(start, end));
    }
  });
});

Deno.test("blob() of nothing but its end is empty", async () => {
  await scripted(serving, async (tested) => {
    assertEquals(await read(tested, { start: bytes.length }), {
      size: bytes.length,
      bytes: new Uint8Array(),
    });
  });
});

Deno.test("blob() of what upstream answers 404 to is undefined", async () => {
  await scripted({ status: 404, body: "no" }, async ({ upstream }) => {
    assertEquals(await upstream.blob(app, digest, { signal, start: 0 }), undefined);
  });
});

Deno.test("blob() without a Content-Length has the known size, or none", async () => {
  await scripted({ body: bytes, length: "chunked" }, async (tested) => {
    assertEquals((await read(tested)).size, undefined);
    const got = await read(tested, { size: bytes.length });
    assertEquals(`${got.size} ${sha256(got.bytes)}`, `${bytes.length} ${digest}`);
  });
});

const RANGE_LIES: [string, ScriptedAnswer][] = [
  ["from another start", {
    status: 206,
    headers: { "content-range": "bytes 4-9/10" },
    body: "456789",
  }],
  ["of another total", {
    status: 206,
    headers: { "content-range": "bytes 5-9/20" },
    body: "56789",
  }],
  ["without Content-Range", { status: 206, body: "56789" }],
  ["of another length than it says", {
    status: 206,
    headers: { "content-range": "bytes 5-9/10" },
    body: "5678",
  }],
  ["behind its end", { status: 416, headers: { "content-range": "bytes */3" } }],
  ["in several parts", {
    status: 206,
    headers: { "content-type": "multipart/byteranges; boundary=x" },
    body: "--x",
  }],
  ["of a shorter whole", { status: 200, body: "123" }],
];

for (const [what, answer] of RANGE_LIES) {
  Deno.test(`blob() refuses a range ${what}`, async () => {
    await scripted(answer, async ({ upstream, log }) => {
      const open = () => upstream.blob(app, digest, { signal, start: 5, size: 10 });
      await assertFails(open, "lying");
      assertEquals(log.lines.length, 1);
    });
  });
}

Deno.test("blob() refuses another size than is known", async () => {
  await scripted({ body: bytes }, async ({ upstream }) => {
    const open = () => upstream.blob(app, digest, { signal, start: 0, size: 5 });
    await assertFails(open, "lying", "but it has 5");
  });
});

Deno.test("blob() without an end is cut at the known size", async () => {
  await scripted(() => ({ body: endless() }), async (tested) => {
    assertEquals((await read(tested, { size: 300_000 })).bytes.length, 300_000);
  });
});

Deno.test("blob() without an end and without a size is given up at the limit", async () => {
  await scripted(() => ({ body: endless() }), async (tested) => {
    const error = await assertFails(() => read(tested), "lying", "does not come to an end");
    assert(tested.log.lines[0]?.includes(error.reason));
  }, { blob: 5_000_000 });
});

function* endless(): Generator<Uint8Array<ArrayBuffer>> {
  while (true) yield new Uint8Array(65_536);
}

Deno.test("blob() that breaks off fails, with and without a length", async () => {
  for (const length of [bytes.length, "chunked"] as const) {
    await scripted({ body: bytes, length, cutAfter: 400_000 }, async ({ upstream }) => {
      let received = 0;
      const blob = await upstream.blob(app, digest, { signal, start: 0 });
      const reading = async () => {
        for await (const chunk of blob?.chunks ?? []) received += chunk.length;
      };
      const error = await assertFails(reading, "failing", "broke off after");
      assert(error.message.includes(` ${received} `), error.message);
      // what came last may be lost with the connection
      assert(received <= 400_000 && received > 400_000 - 262_144, `${received}`);
    });
  }
});

Deno.test("blob() that ends too early by its known size fails", async () => {
  await scripted({ body: bytes.subarray(0, 5), length: "chunked" }, async (tested) => {
    await assertFails(() => read(tested, { size: 10 }), "failing", "after 5 bytes of 10");
  });
});

Deno.test("blob() that stalls is given up", async () => {
  await scripted({ body: bytes, stallAfter: 100_000 }, async (tested) => {
    await assertFails(() => read(tested), "timeout", "sent nothing for 0.05 s");
  }, { stall: 50 });
});

Deno.test("a taker that takes its time is no stall", async () => {
  await scripted({ body: bytes }, async (tested) => {
    const blob = await tested.upstream.blob(app, digest, { signal, start: 0 });
    let received = 0;
    for await (const chunk of blob?.chunks ?? []) {
      received += chunk.length;
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
    assertEquals(received, bytes.length);
  }, { stall: 20 });
});

Deno.test("blob() that is encoded is asked for once more, then refused", async () => {
  const encoded = { headers: { "content-encoding": "gzip" }, body: "x" };
  await scripted(({ number }) => number === 0 ? encoded : { body: bytes }, async (tested) => {
    assertEquals(sha256((await read(tested)).bytes), digest);
  });
  await scripted(encoded, async (tested, server) => {
    await assertFails(() => read(tested), "lying", "encoded, by gzip");
    assertEquals(server.requests.length, 2);
  });
});

Deno.test("a taker that stops reading stops upstream too: nothing piles up", async () => {
  let made = 0;
  const counted = function* () {
    for (; made < 4_096; made++) yield new Uint8Array(65_536);
  };
  await scripted(() => ({ body: counted() }), async ({ upstream }) => {
    const controller = new AbortController();
    const options = { signal: controller.signal, start: 0 };
    const blob = await upstream.blob(app, digest, options);
    await blob?.chunks[Symbol.asyncIterator]().next();
    let before = -1;
    await eventually("upstream has stopped", async () => {
      const wasStill = made === before;
      before = made;
      await new Promise((resolve) => setTimeout(resolve, 50));
      return wasStill && made === before;
    });
    assert(made < 1_024, `${made} pieces of 64 KiB are on their way`);
    controller.abort();
  });
});

Deno.test("a taker that leaves frees the connection, and one that never comes does by its signal", async () => {
  await scripted(() => ({ body: endless() }), async (tested) => {
    for (let i = 0; i < 3; i++) {
      const blob = await tested.upstream.blob(app, digest, { signal, start: 0 });
      for await (const _ of blob?.chunks ?? []) break;
    }
    for (let i = 0; i < 3; i++) {
      const controller = new AbortController();
      await tested.upstream.blob(app, digest, { signal: controller.signal, start: 0 });
      controller.abort(new Error("left"));
    }
    const controller = new AbortController();
    const blob = await tested.upstream.blob(app, digest, { signal: controller.signal, start: 0 });
    const reading = async () => {
      for await (const _ of blob?.chunks ?? []) controller.abort(new RangeError("left"));
    };
    await assertRejects(reading, RangeError, "left");
  }, { transfers: 1 });
});

Deno.test("blobs wait for one of the connections, and no longer than the limit; small questions have their own", async () => {
  await scripted(
    ({ method }) => method === "HEAD" ? { body: bytes } : { body: bytes, stallAfter: 5 },
    async (tested) => {
      const controller = new AbortController();
      await tested.upstream.blob(app, digest, { signal: controller.signal, start: 0 });
      const second = () => tested.upstream.blob(app, digest, { signal, start: 0 });
      await assertFails(second, "timeout", "all 1 connections to it were busy");
      assertEquals(await tested.upstream.blobSize(app, digest), bytes.length);
      const third = second();
      controller.abort();
      assert(await third !== undefined);
    },
    { transfers: 1, firstByte: 300 },
  );
});

const noHead = (status: number, headers = {}): Script => (request) =>
  request.method === "HEAD" ? { status, headers, length: "none" } : serving(request);

for (
  const [what, script] of [
    ["a good upstream", serving],
    ["one that answers 404 to HEAD", noHead(404)],
    ["one that answers 405 to HEAD", noHead(405)],
    ["one without a length", noHead(200)],
    ["one with an odd length", noHead(200, { "content-length": "1e6" })],
    [
      "one that knows no ranges",
      ({ method }) => method === "HEAD" ? { status: 404 } : { body: bytes },
    ],
    [
      "one that encodes answers to HEAD",
      noHead(200, { "content-encoding": "gzip", "content-length": "5" }),
    ],
  ] as [string, Script][]
) {
  Deno.test(`blobSize() of ${what} downloads nothing`, async () => {
    await scripted(script, async ({ upstream }, server) => {
      if (what.includes("odd")) {
        await upstream.blobSize(app, digest).catch(() => {}); // the answer is not HTTP
        return;
      }
      assertEquals(await upstream.blobSize(app, digest), bytes.length);
      for (const { method, headers } of server.requests) {
        if (method === "GET") assertEquals(headers.get("range"), "bytes=0-0");
      }
    });
  });
}

Deno.test("blobSize() of an empty blob, of none, and of one that nobody measures", async () => {
  const empty: Script = ({ method }) =>
    method === "HEAD"
      ? { status: 404 }
      : { status: 416, headers: { "content-range": "bytes */0" } };
  await scripted(
    empty,
    async ({ upstream }) => assertEquals(await upstream.blobSize(app, digest), 0),
  );
  await scripted({ status: 404 }, async ({ upstream }, server) => {
    assertEquals(await upstream.blobSize(app, digest), undefined);
    assertEquals(server.requests.length, 2);
  });
  await scripted({ body: bytes, length: "chunked" }, async ({ upstream }) => {
    await assertFails(() => upstream.blobSize(app, digest), "failing", "does not say how long");
  });
});
