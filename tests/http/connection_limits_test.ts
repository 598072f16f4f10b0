import { assert, assertEquals } from "@std/assert";
import { connectionLimits, limitsFor } from "../../src/http/connection_limits.ts";
import { head, Listening } from "../support/listening.ts";

Deno.test("limitsFor() leaves a file for each connection, and some for the rest", () => {
  const limits = (files: string) =>
    limitsFor(
      `Limit                     Soft Limit           Hard Limit           Units\n` +
        `Max cpu time              unlimited            unlimited            seconds\n` +
        `Max open files            ${files}                 4096                 files\n`,
    );
  assertEquals(limits("1024"), { connections: 416, backlog: 128 });
  assertEquals(limits("1048576"), { connections: 524_000, backlog: 511 });
  assertEquals(limits("64"), { connections: 8, backlog: 8 });
  assertEquals(limits("unlimited"), { connections: Infinity, backlog: 511 });
  assertEquals(limitsFor(""), { connections: Infinity, backlog: 511 });
});

Deno.test("connectionLimits() is what this process may have", async () => {
  const { connections, backlog } = await connectionLimits();
  assert(connections >= 8 && backlog >= 8);
});

Deno.test("a connection too many is closed, reported once, and has a place when another ends", async () => {
  const options = { connectionLimits: { connections: 2, backlog: 16 } };
  await using front = await Listening.start((x) => x.reply(200, {}), options);
  const ask = async () => {
    const client = await front.connect();
    await client.send(head("GET /"));
    await client.response();
    return client;
  };
  const first = await ask();
  using _second = await ask();
  for (let i = 0; i < 3; i++) {
    using tooMany = await front.connect();
    assert(await tooMany.closed());
  }
  assertEquals(front.faults.length, 1);
  await first.send(head("GET /", "Connection: close"));
  await first.response();
  assert(await first.closed());
  first[Symbol.dispose]();
  using _third = await ask();
});
