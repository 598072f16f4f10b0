import { assert, assertEquals } from "@std/assert";
import { systemClock } from "../../src/async/clock.ts";
import type { Handler } from "../../src/http/exchange.ts";
import { createPipeline } from "../../src/http/pipeline.ts";
import { head, overBoth, textOf } from "../support/listening.ts";

/** Short enough for a test, with nothing else that could end the connection near it. */
const LIMIT = 100;

function piped(handler: Handler): Handler {
  return createPipeline(handler, { clock: systemClock, onEnd: () => {}, onFault: () => {} });
}

overBoth("a head that does not come to its end is answered 408", async (start) => {
  await using front = await start((x) => x.reply(200, {}), { headerTimeout: LIMIT });
  for (const bytes of ["", "GET / HT", "GET / HTTP/1.1\r\nHost: a\r\nX: y"]) {
    using client = await front.connect();
    await client.send(bytes);
    assertEquals((await client.response()).status, 408);
    assert(await client.closed());
  }
});

overBoth("a second head has the same limit, also when it began with the first", async (start) => {
  await using front = await start((x) => x.reply(200, {}), { headerTimeout: LIMIT });
  using late = await front.connect();
  await late.send(head("GET /"));
  await late.response();
  await late.send("GET / HT");
  assertEquals((await late.response()).status, 408);
  using early = await front.connect();
  await early.send(`${head("GET /")}GET / HT`);
  await early.response();
  assertEquals((await early.response()).status, 408);
});

overBoth(
  "a thousand half heads are closed, and do not stand in the way of a request",
  async (start) => {
    await using front = await start((x) => x.reply(200, {}, "ok"), {
      headerTimeout: 5 * LIMIT,
    });
    const half = await Promise.all(Array.from({ length: 1000 }, () => front.connect()));
    try {
      await Promise.all(half.map((client) => client.send("GET / HTTP/1.1\r\nHost: a\r\nX-")));
      using client = await front.connect();
      await client.send(head("GET /"));
      assertEquals((await client.response()).status, 200);
      const answers = await Promise.all(half.map((client) => client.response()));
      assertEquals(new Set(answers.map(({ status }) => status)), new Set([408]));
    } finally {
      for (const client of half) client[Symbol.dispose]();
    }
  },
);

overBoth("an idle connection is closed without a word", async (start) => {
  await using front = await start((x) => x.reply(200, {}), { idleTimeout: LIMIT });
  using client = await front.connect();
  await client.send(head("GET /"));
  await client.response();
  assert(await client.closed());
});

overBoth("a running exchange is not idle", async (start) => {
  const { promise: closed, resolve: close } = Promise.withResolvers<void>();
  await using front = await start(async (x) => {
    if (x.target === "/wait") await closed;
    await x.reply(200, {}, "ok");
  }, { idleTimeout: LIMIT });
  using waiting = await front.connect();
  await waiting.send(head("GET /wait"));
  using idle = await front.connect();
  await idle.send(head("GET /"));
  await idle.response();
  assert(await idle.closed());
  close();
  assertEquals((await waiting.response()).status, 200);
});

overBoth("a body that stops is answered 408 and its connection closed", async (start) => {
  const handler = piped(async (x) => x.reply(200, {}, await textOf(x.body())));
  await using front = await start(handler, { bodyTimeout: LIMIT });
  for (const length of ["Content-Length: 10", "Transfer-Encoding: chunked"]) {
    using client = await front.connect();
    await client.send(`${head("PUT /", length)}3\r\nab`);
    const answer = await client.response();
    assertEquals([answer.status, answer.header("connection")], [408, "close"]);
    assert(await client.closed());
  }
});

overBoth("an announced body that never comes is answered 408", async (start) => {
  const handler = piped(async (x) => x.reply(200, {}, await textOf(x.body())));
  await using front = await start(handler, { bodyTimeout: LIMIT });
  using client = await front.connect();
  await client.send(head("PUT /", "Content-Length: 10", "Expect: 100-continue"));
  assertEquals((await client.response()).status, 100);
  assertEquals((await client.response()).status, 408);
});

overBoth("a client that does not read is cut, and its blob closed", async (start) => {
  const { promise: closed, resolve: close } = Promise.withResolvers<void>();
  const size = 64 * 1024 * 1024;
  const source = {
    size,
    read: (into: Uint8Array<ArrayBuffer>) => Promise.resolve(into.length),
    close,
  };
  await using front = await start(
    (x) => x.reply(200, {}, { region: { source, start: 0, end: size } }),
    { bodyTimeout: LIMIT },
  );
  using client = await front.connect();
  await client.send(head("GET /"));
  await closed;
  assert(await client.closed());
});

overBoth("a client that does not take the end of an answer is cut", async (start) => {
  const { promise: left, resolve: leave } = Promise.withResolvers<void>();
  const bytes = new Uint8Array(64 * 1024 * 1024);
  await using front = await start((x) => {
    x.signal.addEventListener("abort", () => leave());
    return x.reply(200, {}, bytes);
  }, { bodyTimeout: LIMIT });
  using client = await front.connect();
  await client.send(head("GET /"));
  await left;
  assert(await client.closed());
});
