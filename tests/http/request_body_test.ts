import { assert, assertEquals, assertRejects } from "@std/assert";
import { ClientGoneError } from "../../src/http/exchange.ts";
import { head, type Listening, overBoth, textOf } from "../support/listening.ts";

const MIB = 1024 * 1024;

/** Round trips of another client: whatever the server would do by itself, it has done by then. */
async function roundTrips(front: Listening): Promise<void> {
  using other = await front.connect();
  for (let i = 0; i < 20; i++) {
    await other.send(head("GET /"));
    await other.response();
  }
}

overBoth(
  "body() answers Expect: 100-continue when the first chunk is asked for, and not before",
  async (start) => {
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
    await using front = await start(async (x) => {
      if (x.method === "GET") return await x.reply(200, {});
      const body = x.body();
      await asked;
      await x.reply(200, {}, await textOf(body));
    });
    using client = await front.connect();
    await client.send(head("PUT /", "Content-Length: 5", "Expect: 100-continue"));
    let continued = false;
    const first = client.response().then(({ status }) => {
      continued = true;
      return status;
    });
    await roundTrips(front);
    assertEquals(continued, false);
    ask();
    assertEquals(await first, 100);
    await client.send("hello");
    assertEquals(new TextDecoder().decode((await client.response()).body), "hello");
    await client.send(head("GET /"));
    assertEquals((await client.response()).status, 200);
  },
);

overBoth("body() takes no more than buffers hold while nobody asks for it", async (start) => {
  const size = 64 * MIB;
  for (const taken of [0, 1]) {
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
    await using front = await start(async (x) => {
      if (x.method === "GET") return await x.reply(200, {});
      const chunks = x.body()[Symbol.asyncIterator]();
      let bytes = 0;
      for (let i = 0; i < taken; i++) bytes += (await chunks.next()).value.length;
      await asked;
      for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
        bytes += next.value.length;
      }
      await x.reply(200, {}, String(bytes));
    });
    using client = await front.connect();
    await client.send(head("PUT /", `Content-Length: ${size}`));
    let sent = 0;
    const all = (async () => {
      const chunk = new Uint8Array(MIB);
      for (; sent < size; sent += MIB) await client.send(chunk);
    })();
    for (let before = -1; before !== sent;) {
      before = sent;
      await roundTrips(front);
    }
    assert(sent < size / 2, `${sent} bytes were taken`);
    ask();
    await all;
    assertEquals(new TextDecoder().decode((await client.response()).body), String(size));
  }
});

overBoth("every chunk of a body has a buffer of its own", async (start) => {
  const lengths: number[] = [];
  await using front = await start(async (x) => {
    for await (const chunk of x.body()) {
      lengths.push(chunk.buffer.byteLength - chunk.byteLength);
      structuredClone(chunk.buffer, { transfer: [chunk.buffer] });
    }
    await x.reply(200, {});
  });
  using client = await front.connect();
  await client.send(head("PUT /", `Content-Length: ${4 * MIB}`));
  await client.send(new Uint8Array(4 * MIB));
  assertEquals((await client.response()).status, 200);
  assertEquals(new Set(lengths), new Set([0]));
});

overBoth("body() tells a client that broke off from one that was through", async (start) => {
  for (const length of ["Content-Length: 10", "Transfer-Encoding: chunked"]) {
    for (const leave of ["close", "half close"]) {
      const { promise, resolve } = Promise.withResolvers<unknown>();
      const received: number[] = [];
      await using front = await start(async (x) => {
        try {
          for await (const chunk of x.body()) received.push(chunk.length);
        } catch (error) {
          resolve(error);
          throw error;
        }
      });
      using client = await front.connect();
      await client.send(`${head("PUT /", length)}3\r\nabc`);
      if (leave === "close") client[Symbol.dispose]();
      else await client.connection.closeWrite();
      assert(await promise instanceof ClientGoneError, `${leave} with ${length}`);
      assert(received.length > 0);
      assertEquals(front.faults, []);
    }
  }
});

overBoth("body() asked for after the client has left rejects", async (start) => {
  const { promise: gone, resolve: go } = Promise.withResolvers<void>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const { promise: result, resolve: report } = Promise.withResolvers<unknown>();
  await using front = await start(async (x) => {
    x.signal.addEventListener("abort", () => go());
    begin();
    await gone;
    report(await assertRejects(() => textOf(x.body())));
    await x.reply(200, {});
  });
  const client = await front.connect();
  await client.send(`${head("PUT /", "Content-Length: 10")}abc`);
  await begun;
  client[Symbol.dispose]();
  assert(await result instanceof ClientGoneError);
});

overBoth("a connection is kept after an error answer to a body that was read", async (start) => {
  await using front = await start(async (x) => {
    await textOf(x.body());
    await x.reply(400, {}, "no");
  });
  using client = await front.connect();
  for (let i = 0; i < 3; i++) {
    await client.send(`${head("PUT /", "Content-Length: 3")}abc`);
    const answer = await client.response();
    assertEquals([answer.status, answer.header("connection")], [400, "keep-alive"]);
  }
});
