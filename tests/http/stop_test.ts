import { assert, assertEquals, assertRejects } from "@std/assert";
import { head, type Listening, overBoth, textOf } from "../support/listening.ts";
import type { RawConnection } from "../support/raw_http.ts";

async function running(
  start: typeof Listening.start,
  count: number,
  line: (i: number) => string,
) {
  const { promise: open, resolve: release } = Promise.withResolvers<void>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  let handling = 0;
  const front = await start(async (x) => {
    if (x.target === "/") return await x.reply(200, {}, "ok");
    if (++handling === count) begin();
    await open;
    await x.reply(200, {}, await textOf(x.body()));
  });
  const clients: RawConnection[] = [];
  for (let i = 0; i < count; i++) {
    const client = await front.connect();
    clients.push(client);
    await client.send(line(i));
  }
  await begun;
  return { front, clients, release };
}

overBoth("stop() lets running exchanges finish, and accepts no new ones", async (start) => {
  const { front, clients, release } = await running(
    start,
    20,
    (i) => i % 2 === 0 ? head("GET /pull") : `${head("PUT /push", "Content-Length: 5")}he`,
  );
  using idle = await front.connect();
  await idle.send(head("GET /"));
  await idle.response();
  using silent = await front.connect();
  await using _ = front;
  const stopped = front.listener.stop(10_000);
  assert(await idle.closed());
  assert(await silent.closed());
  await assertRejects(() => front.connect(), Deno.errors.ConnectionRefused);
  release();
  for (const [i, client] of clients.entries()) {
    if (i % 2 === 1) await client.send("llo");
    const answer = await client.response();
    assertEquals([answer.status, answer.header("connection")], [200, "close"]);
    assert(await client.closed());
    client[Symbol.dispose]();
  }
  assertEquals(await stopped, true);
});

overBoth("stop() cuts what is not through in time, and says so", async (start) => {
  const { front, clients, release } = await running(start, 2, () => head("GET /wait"));
  await using _ = front;
  assertEquals(await front.listener.stop(50), false);
  for (const client of clients) {
    assert(await client.closed());
    client[Symbol.dispose]();
  }
  release();
});

overBoth("stop() lets a download go on that has begun", async (start) => {
  const size = 32 * 1024 * 1024;
  const source = {
    size,
    read: (into: Uint8Array<ArrayBuffer>) => Promise.resolve(into.length),
    close: () => {},
  };
  await using front = await start((x) =>
    x.reply(200, {}, { region: { source, start: 0, end: size } })
  );
  using client = await front.connect();
  await client.send(head("GET /"));
  await client.connection.read(new Uint8Array(1)); // it has begun
  const stopped = front.listener.stop(10_000);
  let bytes = 1;
  const into = new Uint8Array(1024 * 1024);
  while (bytes <= size) {
    const read = await client.connection.read(into);
    assert(read !== null, `it ended after ${bytes} bytes`);
    bytes += read;
  }
  assert(await client.closed());
  assertEquals(await stopped, true);
});

overBoth("stop() resolves true at once when nothing is going on", async (start) => {
  await using front = await start((x) => x.reply(200, {}));
  assertEquals(await front.listener.stop(0), true);
});
