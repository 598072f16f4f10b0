import { assertEquals } from "@std/assert";
import { head, overBoth, textOf } from "../support/listening.ts";
import type { RawConnection } from "../support/raw_http.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n";
const POST = "POST / HTTP/1.1\r\nHost: a\r\n";
const CHUNKED = `${POST}Transfer-Encoding: chunked\r\n\r\n`;

/** Requests that two servers could understand differently, or that are an attack on memory; each with its one answer. */
const REFUSED: readonly (readonly [name: string, status: number, bytes: string])[] = [
  ["both lengths", 400, `${POST}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  [
    "both, in the other order",
    400,
    `${POST}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n`,
  ],
  ["Content-Length twice", 400, `${POST}Content-Length: 1\r\nContent-Length: 1\r\n\r\nx`],
  ["two Content-Lengths", 400, `${POST}Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx`],
  ["a list of lengths", 400, `${POST}Content-Length: 1, 1\r\n\r\nx`],
  ["a signed length", 400, `${POST}Content-Length: +1\r\n\r\nx`],
  ["a negative length", 400, `${POST}Content-Length: -1\r\n\r\nx`],
  ["a hexadecimal length", 400, `${POST}Content-Length: 0x1\r\n\r\nx`],
  ["an empty length", 400, `${POST}Content-Length:\r\n\r\nx`],
  ["a length of 20 digits", 400, `${POST}Content-Length: 99999999999999999999\r\n\r\nx`],
  ["a space before the colon", 400, `${POST}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`],
  ["an unknown encoding", 501, `${POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
  ["chunked that is not last", 400, `${POST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`],
  ["identity before chunked", 501, `${POST}Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n`],
  [
    "an encoding that is twice",
    400,
    `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ],
  ["a vertical tab before chunked", 400, `${POST}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`],
  ["chunked in HTTP/1.0", 400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
  ["a folded header", 400, `${GET}X: a\r\n b\r\n\r\n`],
  ["a folded encoding", 400, `${POST}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n`],
  ["bare LF", 400, "GET / HTTP/1.1\nHost: a\n\n"],
  ["bare LF after one header", 400, "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n"],
  ["bare CR", 400, `${GET}X: a\rY: b\r\n\r\n`],
  ["NUL in a value", 400, `${GET}X: a\0b\r\n\r\n`],
  ["NUL in a name", 400, `${GET}X\0: ab\r\n\r\n`],
  ["NUL in the target", 400, "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["two Hosts", 400, `${GET}Host: b\r\n\r\n`],
  ["the same Host twice", 400, `${GET}host: a\r\n\r\n`],
  ["no Host", 400, "GET / HTTP/1.1\r\nX: a\r\n\r\n"],
  ["absolute form", 400, "GET http://evil/v2/ HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["authority form", 400, "GET evil:80 HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["CONNECT", 400, "CONNECT evil:80 HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["a path without a slash", 400, "GET v2/ HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["asterisk form of GET", 400, "GET * HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["a space in the target", 400, "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["a header without a name", 400, `${GET}: x\r\n\r\n`],
  ["a header without a colon", 400, `${GET}XY\r\n\r\n`],
  ["a space before the first header", 400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"],
  ["HTTP/0.9", 505, "GET /\r\n\r\n"],
  ["HTTP/2.0 in the request line", 505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"],
  ["HTTP/2 with prior knowledge", 400, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["a TLS hello", 400, "\x16\x03\x01\x02\x00\x01\x00\x01"],
  ["an unknown method", 400, "FOO / HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["another expectation", 417, `${POST}Expect: 200-ok\r\nContent-Length: 1\r\n\r\nx`],
  ["101 headers", 431, `${GET}${"X: y\r\n".repeat(100)}\r\n`],
  ["a header of 40 KB", 431, `${GET}X: ${"y".repeat(40_000)}\r\n\r\n`],
  ["a target of 9 KB", 414, `GET /${"a".repeat(9000)} HTTP/1.1\r\nHost: a\r\n\r\n`],
  ["a target of 40 KB", 431, `GET /${"a".repeat(40_000)} HTTP/1.1\r\nHost: a\r\n\r\n`],
];

/** Bodies that break after the handler has begun. */
const BROKEN: readonly (readonly [name: string, status: number, bytes: string])[] = [
  ["a chunk size that is none", 400, `${CHUNKED}zz\r\nx\r\n0\r\n\r\n`],
  ["a chunk size with 0x", 400, `${CHUNKED}0x1\r\nx\r\n0\r\n\r\n`],
  ["a chunk size beyond 64 bits", 400, `${CHUNKED}fffffffffffffffff\r\nx\r\n0\r\n\r\n`],
  ["a chunk size line that ends in LF", 400, `${CHUNKED}1\nx\r\n0\r\n\r\n`],
  ["a chunk longer than its size", 400, `${CHUNKED}1\r\nxy\r\n0\r\n\r\n`],
  ["trailers of 40 KB", 431, `${CHUNKED}1\r\nx\r\n0\r\nX: ${"y".repeat(40_000)}\r\n\r\n`],
];

/** Statuses of all answers until the server closes. */
async function statusesOf(client: RawConnection): Promise<number[]> {
  const statuses: number[] = [];
  while (true) {
    try {
      const { status, header } = await client.response();
      statuses.push(status);
      if (header("connection") === "close") assertEquals(await client.closed(), true);
    } catch {
      return statuses;
    }
  }
}

for (const [name, status, bytes] of REFUSED) {
  overBoth(
    `a request with ${name} is answered ${status}, once, and nothing after it is looked at`,
    async (start) => {
      const seen: string[] = [];
      await using front = await start(async (x) => {
        seen.push(x.target);
        await textOf(x.body());
        await x.reply(200, {});
      });
      using client = await front.connect();
      await client.send(bytes + head("DELETE /smuggled"));
      assertEquals([await statusesOf(client), seen], [[status], []]);
      assertEquals(front.faults, []);
    },
  );
}

for (const [name, status, bytes] of BROKEN) {
  overBoth(
    `a body with ${name} is answered ${status}, and its handler told that there is no rest`,
    async (start) => {
      const errors: string[] = [];
      await using front = await start(async (x) => {
        if (x.method === "DELETE") errors.push("smuggled");
        try {
          await textOf(x.body());
        } catch (error) {
          errors.push((error as Error).name);
          throw error;
        }
        await x.reply(200, {});
      });
      using client = await front.connect();
      await client.send(bytes + head("DELETE /smuggled"));
      assertEquals([await statusesOf(client), errors], [[status], ["ClientGoneError"]]);
    },
  );
}

overBoth("chunk extensions and trailers are no part of the body", async (start) => {
  await using front = await start(async (x) => x.reply(200, {}, await textOf(x.body())));
  using client = await front.connect();
  await client.send(
    `${CHUNKED}1;${"a".repeat(20_000)}\r\nx\r\n1;b="c"\r\ny\r\n0\r\nHost: b\r\n\r\n`,
  );
  assertEquals(new TextDecoder().decode((await client.response()).body), "xy");
  await client.send(head("GET /"));
  assertEquals((await client.response()).status, 200);
});

overBoth("what is broken after a whole request is answered after it", async (start) => {
  await using front = await start((x) => x.reply(200, {}, "ok"));
  using client = await front.connect();
  await client.send(`${head("GET /")}\x01\x02\r\n\r\n`);
  assertEquals(await statusesOf(client), [200, 400]);
});

overBoth("OPTIONS * is a request, and so is one that asks for an upgrade", async (start) => {
  await using front = await start((x) => x.reply(200, {}, x.target));
  using client = await front.connect();
  await client.send(head("OPTIONS *"));
  assertEquals(new TextDecoder().decode((await client.response()).body), "*");
  await client.send(head("GET /v2/", "Connection: Upgrade", "Upgrade: h2c"));
  assertEquals(new TextDecoder().decode((await client.response()).body), "/v2/");
});
