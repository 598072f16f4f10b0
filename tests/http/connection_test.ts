import { assert, assertEquals } from "@std/assert";
import { eventually } from "../support/eventually.ts";
import { head, Listening, overBoth, textOf } from "../support/listening.ts";

Deno.test("pipelined requests are answered one by one, in their order", async () => {
  const log: string[] = [];
  await using front = await Listening.start(async (x) => {
    log.push(`begin ${x.target}`);
    await new Promise((resolve) => setTimeout(resolve, 0));
    log.push(`end ${x.target}`);
    await x.reply(200, {}, `${x.target} ${await textOf(x.body())}`);
  });
  using client = await front.connect();
  const put = `${head("PUT /2", "Content-Length: 5")}hello`;
  await client.send(head("GET /1") + put + head("GET /3") + head("HEAD /4"));
  const texts: string[] = [];
  for (let i = 0; i < 3; i++) texts.push(new TextDecoder().decode((await client.response()).body));
  assertEquals((await client.response(true)).header("content-length"), "3");
  assertEquals(texts, ["/1 ", "/2 hello", "/3 "]);
  assertEquals(log, [1, 2, 3, 4].flatMap((n) => [`begin /${n}`, `end /${n}`]));
});

Deno.test("a request behind one whose body nobody wants is not looked at", async () => {
  const seen: string[] = [];
  await using front = await Listening.start((x) => {
    seen.push(x.method);
    return x.reply(401, {});
  });
  using client = await front.connect();
  const chunked = `${head("PUT /", "Transfer-Encoding: chunked")}`;
  await client.send(`${chunked}1\r\nx\r\n0\r\n\r\n${head("DELETE /")}`);
  assertEquals((await client.response()).status, 401);
  assert(await client.closed());
  assertEquals(seen, ["PUT"]);
});

Deno.test("a flood of pipelined requests is cut", async () => {
  const { promise: open, resolve: release } = Promise.withResolvers<void>();
  await using front = await Listening.start(async (x) => {
    await open;
    await x.reply(200, {});
  });
  using client = await front.connect();
  await client.send(head("GET /").repeat(200)).catch(() => {});
  assert(await client.closed());
  release();
});

Deno.test("Connection: close and HTTP/1.0 end the connection with the answer", async () => {
  await using front = await Listening.start((x) => x.reply(200, {}, "ok"));
  for (const request of [head("GET /", "Connection: close"), "GET / HTTP/1.0\r\n\r\n"]) {
    using client = await front.connect();
    await client.send(request);
    const answer = await client.response();
    assertEquals([answer.status, answer.header("connection")], [200, "close"]);
    assert(await client.closed());
  }
});

Deno.test("a client that has closed its sending side still gets its answer", async () => {
  await using front = await Listening.start(async (x) => {
    await new Promise((resolve) => setTimeout(resolve, 0));
    await x.reply(200, {}, "ok");
  });
  using client = await front.connect();
  await client.send(head("GET /"));
  await client.connection.closeWrite();
  assertEquals((await client.response()).status, 200);
  assert(await client.closed());
});

Deno.test("connections that break at any moment leave the server alone", async () => {
  await using front = await Listening.start(async (x) => {
    await textOf(x.body());
    await x.reply(200, {}, "x".repeat(100_000));
  });
  const whole = `${head("PUT /", "Content-Length: 5")}hello`;
  for (let length = 0; length <= whole.length; length += 3) {
    const client = await front.connect();
    await client.send(whole.slice(0, length));
    client[Symbol.dispose]();
  }
  using client = await front.connect();
  await client.send(whole);
  assertEquals((await client.response()).status, 200);
  assertEquals(front.faults, []);
});

overBoth("who has left can still be named: the log does so after the end", async (start) => {
  let address: string | undefined;
  await using front = await start(async (x) => {
    await x.reply(200, {}, "x".repeat(16 * 1024 * 1024)).catch(() => {});
    address = x.remoteAddress;
  });
  const client = await front.connect();
  await client.send(head("GET /"));
  client[Symbol.dispose]();
  await eventually("it is named", () => address !== undefined);
  assertEquals(address, "127.0.0.1");
});
