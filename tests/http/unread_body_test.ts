import { assert, assertEquals } from "@std/assert";
import { head, type Listening, overBoth } from "../support/listening.ts";
import type { RawConnection } from "../support/raw_http.ts";

const MIB = 1024 * 1024;

function refusing(start: typeof Listening.start): Promise<Listening> {
  return start((x) => x.reply(401, {}, "who are you?"));
}

/** Sends until the server breaks off; resolves to the bytes that it, and the buffers on the way, have taken. */
async function flood(client: RawConnection, chunk: Uint8Array<ArrayBuffer>): Promise<number> {
  let sent = 0;
  try {
    while (true) sent += await client.connection.write(chunk);
  } catch {
    return sent;
  }
}

overBoth(
  "a refused upload with Expect is answered without a 100, and its connection closed",
  async (start) => {
    await using front = await refusing(start);
    using client = await front.connect();
    await client.send(head("PUT /", "Content-Length: 10000000000", "Expect: 100-continue"));
    const answer = await client.response();
    assertEquals([answer.status, answer.header("connection")], [401, "close"]);
    assert(await client.closed());
  },
);

overBoth("a refused upload without Expect is read for a moment, then closed", async (start) => {
  for (const length of ["Content-Length: 10000000000", "Transfer-Encoding: chunked"]) {
    await using front = await refusing(start);
    using client = await front.connect();
    await client.send(head("PUT /", length));
    const chunk = length.startsWith("T")
      ? new TextEncoder().encode(`${MIB.toString(16)}\r\n${"x".repeat(MIB)}\r\n`)
      : new Uint8Array(MIB);
    const [sent, answer] = await Promise.all([flood(client, chunk), client.response()]);
    assertEquals([answer.status, answer.header("connection")], [401, "close"]);
    // What the kernel holds for both ends comes on top of what was read.
    assert(sent < 64 * MIB, `${sent} bytes went out`);
  }
});

overBoth(
  "a client that sends all of a refused body before it reads gets the answer",
  async (start) => {
    await using front = await refusing(start);
    for (const size of [MIB, MIB + 1, 2 * MIB]) {
      using client = await front.connect();
      await client.send(head("PUT /", `Content-Length: ${size}`));
      await client.send(new Uint8Array(size));
      assertEquals((await client.response()).status, 401);
    }
  },
);

overBoth("a small refused body does not cost the connection", async (start) => {
  await using front = await refusing(start);
  using client = await front.connect();
  await client.send(`${head("PUT /", "Content-Length: 5")}hello${head("GET /")}`);
  assertEquals((await client.response()).header("connection"), "keep-alive");
  assertEquals((await client.response()).status, 401);
  await client.send(head("PUT /", `Content-Length: ${MIB}`));
  assertEquals((await client.response()).header("connection"), "keep-alive");
  await client.send(new Uint8Array(MIB));
  await client.send(head("GET /"));
  assertEquals((await client.response()).status, 401);
});

overBoth("a body that was read in part closes the connection", async (start) => {
  await using front = await start(async (x) => {
    for await (const chunk of x.body()) {
      if (chunk.length > 0) break;
    }
    await x.reply(413, {}, "too much");
  });
  using client = await front.connect();
  await client.send(head("PUT /", `Content-Length: ${4 * MIB}`));
  const [, answer] = await Promise.all([
    flood(client, new Uint8Array(MIB)),
    client.response(),
  ]);
  assertEquals([answer.status, answer.header("connection")], [413, "close"]);
});

overBoth("a HEAD with a large body is answered without one, and closed", async (start) => {
  await using front = await refusing(start);
  using client = await front.connect();
  await client.send(head("HEAD /", `Content-Length: ${4 * MIB}`));
  const answer = await client.response(true);
  assertEquals([answer.status, answer.header("content-length")], [401, "12"]);
  assert(await client.closed());
});
