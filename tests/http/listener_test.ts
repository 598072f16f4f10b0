import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { startListener } from "../../src/http/listener.ts";
import { head, Listening, overBoth, textOf } from "../support/listening.ts";

overBoth("startListener() hands out the target exactly as it was sent", async (start) => {
  const target = "/v2//a/../b/%2e%2E/%00?x=%20&n=5#f";
  await using front = await start((x) => x.reply(200, {}, x.target));
  using client = await front.connect();
  await client.send(head(`GET ${target}`));
  assertEquals(new TextDecoder().decode((await client.response()).body), target);
});

overBoth("an exchange tells what the request said", async (start) => {
  await using front = await start(async (x) => {
    const seen = {
      method: x.method,
      version: x.httpVersion,
      address: x.remoteAddress,
      secure: x.secure,
      accept: x.header("accept"),
      none: x.header("nothing") ?? null,
      length: x.contentLength,
      body: await textOf(x.body()),
    };
    await x.reply(200, {}, JSON.stringify(seen));
  });
  using client = await front.connect();
  await client.send(head("PUT /", "Accept: a", "Accept: b", "Content-Length: 5") + "hello");
  assertEquals(JSON.parse(new TextDecoder().decode((await client.response()).body)), {
    method: "PUT",
    version: "1.1",
    address: "127.0.0.1",
    secure: start === Listening.startSecure,
    accept: "a, b",
    none: null,
    length: 5,
    body: "hello",
  });
});

overBoth(
  "reply() sends names as they are spelled, lists as lines, and added headers first",
  async (start) => {
    await using front = await start((x) => {
      x.addHeader("X-Added", ["1", "2"]);
      return x.reply(200, { Etag: '"e"', "OCI-Tag": ["a", "b"], Age: 7 }, "é");
    });
    using client = await front.connect();
    await client.send(head("GET /"));
    const { headers, body } = await client.response();
    assertEquals(headers.filter(([name]) => name !== "Date" && name !== "Connection"), [
      ["X-Added", "1"],
      ["X-Added", "2"],
      ["Etag", '"e"'],
      ["OCI-Tag", "a"],
      ["OCI-Tag", "b"],
      ["Age", "7"],
      ["Content-Length", "2"],
    ]);
    assertEquals(new TextDecoder().decode(body), "é");
  },
);

overBoth("reply() to a HEAD has the length of the body and not the body", async (start) => {
  await using front = await start((x) => x.reply(404, {}, "twelve bytes"));
  using client = await front.connect();
  for (let i = 0; i < 2; i++) {
    await client.send(head("HEAD /"));
    const answer = await client.response(true);
    assertEquals([answer.status, answer.header("content-length")], [404, "12"]);
  }
});

overBoth(
  "reply() gives 204 and 304 no length, and an answer without a body the length 0",
  async (start) => {
    await using front = await start((x) => x.reply(Number(x.target.slice(1)), {}));
    using client = await front.connect();
    for (const [status, length] of [[204, undefined], [304, undefined], [202, "0"]] as const) {
      await client.send(head(`GET /${status}`));
      const answer = await client.response();
      assertEquals([answer.status, answer.header("content-length")], [status, length]);
    }
  },
);

overBoth(
  "reply() refuses a second answer, and a header that would break the answer apart",
  async (start) => {
    const errors: string[] = [];
    await using front = await start(async (x) => {
      await x.reply(200, { "X-A": "a\r\nX-B: b" }).catch((error) => errors.push(error.code));
      await x.reply(200, { "X A": "a" }).catch((error) => errors.push(error.code));
      await x.reply(200, {}, "first");
      await x.reply(500, {}, "second").catch((error) => errors.push(error.message));
    });
    using client = await front.connect();
    await client.send(head("GET /"));
    assertEquals(new TextDecoder().decode((await client.response()).body), "first");
    assertEquals(errors, [
      "ERR_INVALID_CHAR",
      "ERR_INVALID_HTTP_TOKEN",
      "Cannot reply: this exchange has been answered",
    ]);
  },
);

overBoth("a stream without a length goes out chunked, and as it is to HTTP/1.0", async (start) => {
  async function* stream(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    for (const part of ["a", "bc", "def"]) yield await new TextEncoder().encode(part);
  }
  await using front = await start((x) => x.reply(200, {}, { stream: stream() }));
  using client = await front.connect();
  await client.send(head("GET /"));
  const answer = await client.response();
  assertEquals(answer.header("transfer-encoding"), "chunked");
  assertEquals(new TextDecoder().decode(answer.body), "abcdef");
  using old = await front.connect();
  await old.send("GET / HTTP/1.0\r\n\r\n");
  assertEquals(new TextDecoder().decode((await old.response()).body), "abcdef");
});

overBoth("a stream that ends before its length, or fails, cuts the connection", async (start) => {
  async function* stream(fails: boolean): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    yield await new TextEncoder().encode("abc");
    if (fails) throw new Error("disk on fire");
  }
  await using front = await start((x) =>
    x.reply(200, { "Content-Length": 6 }, { stream: stream(x.target === "/fails") })
  );
  for (const target of ["/short", "/fails"]) {
    using client = await front.connect();
    await client.send(head(`GET ${target}`));
    await assertRejects(() => client.response(), Error, "");
  }
  assertEquals(front.faults.map(String), [
    "Error: Cannot end the answer: 3 of 6 bytes were sent",
    "Error: disk on fire",
  ]);
});

overBoth(
  "a handler that throws past the pipeline, or forgets to reply, costs its connection only",
  async (start) => {
    await using front = await start((x) => {
      if (x.target === "/throw") return Promise.reject(new Error("bug"));
      return x.target === "/forget" ? Promise.resolve() : x.reply(200, {}, "ok");
    });
    using other = await front.connect();
    for (const target of ["/throw", "/forget"]) {
      using client = await front.connect();
      await client.send(head(`GET ${target}`));
      assert(await client.closed());
    }
    await other.send(head("GET /"));
    assertEquals((await other.response()).status, 200);
    assertEquals(front.faults.length, 2);
  },
);

overBoth(
  "signal is aborted when the client leaves, and not when it was answered",
  async (start) => {
    const { promise: left, resolve: leave } = Promise.withResolvers<void>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const signals: AbortSignal[] = [];
    await using front = await start(async (x) => {
      signals.push(x.signal);
      if (x.target === "/wait") {
        x.signal.addEventListener("abort", () => leave());
        begin();
        await left;
      }
      await x.reply(200, {}, "ok");
    });
    using staying = await front.connect();
    await staying.send(head("GET /"));
    await staying.response();
    const client = await front.connect();
    await client.send(head("PUT /wait", "Content-Length: 3"));
    await begun;
    client[Symbol.dispose]();
    await left;
    assertEquals(signals.map(({ aborted }) => aborted), [false, true]);
  },
);

overBoth("startListener() names the problem when the port is taken", async (start) => {
  await using front = await start((x) => x.reply(200, {}));
  const { address } = front.listener;
  const limits = {
    headerTimeout: 1000,
    idleTimeout: 1000,
    bodyTimeout: 1000,
    maxHeaderBytes: 4096,
    onFault: () => {},
  };
  const error = await assertRejects(() =>
    startListener({ address, ...limits }, (x) => x.reply(200, {}))
  );
  assertMatch(String(error), /address already in use|EADDRINUSE/i);
});

overBoth("startListener() serves all interfaces for an empty host", async (start) => {
  const address = { net: "tcp", host: "", port: 0 } as const;
  await using front = await start((x) => x.reply(200, {}, x.remoteAddress), { address });
  const bound = front.listener.address;
  assert(
    bound.net === "tcp" && ["::", "0.0.0.0"].includes(bound.host),
    "of the families there are",
  );
  using client = await front.connect();
  await client.send(head("GET /"));
  assertEquals(new TextDecoder().decode((await client.response()).body), "127.0.0.1");
});
