import { assert, assertEquals, assertRejects } from "@std/assert";
import { parseDigest } from "../../src/oci/digest.ts";
import type { UpstreamFailure } from "../../src/proxy/upstream.ts";
import { Certificates } from "../support/certificates.ts";
import { freePort } from "../support/process.ts";
import { type ScriptedAnswer, ScriptedServer } from "../support/scripted_server.ts";
import { toolTest } from "../support/tools.ts";
import {
  assertFails,
  byTag,
  repository,
  tagged,
  TestedUpstream,
} from "../support/tested_upstream.ts";

const app = repository("team/app");
const digest = parseDigest(`sha256:${"a".repeat(64)}`);
const { signal } = new AbortController();

/** Each question, for what all of them have in common. */
function questions({ upstream }: TestedUpstream): [string, () => Promise<unknown>][] {
  return [
    ["resolve", () => upstream.resolve(app, tagged("v1"))],
    ["manifest", () => upstream.manifest(app, byTag("v1"))],
    ["blobSize", () => upstream.blobSize(app, digest)],
    ["blob", () => upstream.blob(app, digest, { signal, start: 0 })],
    ["tags", () => upstream.tags(app, { limit: undefined, last: "" })],
    ["referrers", () => upstream.referrers(app, digest, undefined)],
  ];
}

const STATUSES: [number, UpstreamFailure][] = [
  [403, "denied"],
  [451, "denied"],
  [429, "limited"],
  [500, "failing"],
  [502, "failing"],
  [503, "failing"],
  [504, "failing"],
  [418, "failing"],
  [304, "failing"],
  [204, "failing"],
];

for (const [status, kind] of STATUSES) {
  Deno.test(`an upstream that answers ${status} is ${kind}, whatever it is asked for`, async () => {
    await using server = ScriptedServer.start(() => ({
      status,
      headers: { "retry-after": "77" },
    }));
    for (const index of [0, 1, 2, 3, 4, 5]) {
      using tested = new TestedUpstream(server.url);
      const [name, ask] = questions(tested)[index] ?? ["", () => Promise.resolve()];
      const error = await assertFails(ask, kind, name === "blobSize" ? "" : String(status));
      assertEquals(error.options.retryAfter, kind === "limited" ? 77 : undefined);
      if (kind === "limited") assertEquals(error.options.status, 429);
    }
  });
}

Deno.test("an upstream that nobody listens at is unreachable, whatever it is asked for", async () => {
  for (const index of [0, 1, 2, 3, 4, 5]) {
    using tested = new TestedUpstream(`http://127.0.0.1:${freePort()}`);
    const [, ask] = questions(tested)[index] ?? ["", () => Promise.resolve()];
    await assertFails(ask, "unreachable", "it refuses the connection");
  }
});

const BROKEN: [string, ScriptedAnswer, UpstreamFailure][] = [
  ["closes without an answer", { raw: "" }, "unreachable"],
  ["speaks no HTTP", { raw: "220 mail ESMTP\r\n" }, "failing"],
  ["has two lengths", {
    raw: "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcdef",
  }, "failing"],
  ["has a head without an end", {
    raw: `HTTP/1.1 200 OK\r\n${"x: yyyyyyyyyy\r\n".repeat(100_000)}`,
  }, "failing"],
];

for (const [what, answer, kind] of BROKEN) {
  Deno.test(`an upstream that ${what} is ${kind}`, async () => {
    await using server = ScriptedServer.start(() => answer);
    using tested = new TestedUpstream(server.url);
    const error = await assertFails(() => tested.upstream.manifest(app, byTag("v1")), kind);
    assert(!error.message.includes("http://"), error.message);
  });
}

Deno.test("an upstream without an address, or without TLS, is unreachable", async () => {
  const ask = async (url: string) => {
    using tested = new TestedUpstream(url);
    return await tested.upstream.resolve(app, tagged("v1"));
  };
  await assertFails(() => ask("https://no-such.invalid"), "unreachable", "cannot be resolved");
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const answering = (async () => {
    using connection = await listener.accept();
    await connection.read(new Uint8Array(1_000));
    await connection.write(new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n"));
  })();
  const url = `https://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`;
  await assertFails(() => ask(url), "unreachable", "doesn't speak TLS");
  await answering;
});

Deno.test("an upstream that never answers ends each question by its limit", async () => {
  await using server = ScriptedServer.start(() => ({ silent: true }));
  for (const index of [0, 1, 2, 3, 4, 5]) {
    using tested = new TestedUpstream(server.url, {
      limits: { answer: 60, list: 60, firstByte: 60 },
    });
    const [, ask] = questions(tested)[index] ?? ["", () => Promise.resolve()];
    await assertFails(ask, "timeout");
  }
});

Deno.test("an upstream whose redirects take their time ends a blob by the limit of its head", async () => {
  await using server = ScriptedServer.start(async ({ number }) => {
    await new Promise((resolve) => setTimeout(resolve, 40));
    return { status: 302, headers: { location: `/${number}` } };
  });
  using tested = new TestedUpstream(server.url, { limits: { head: 100 } });
  const open = () => tested.upstream.blob(app, digest, { signal, start: 0 });
  await assertFails(open, "timeout", "within 0.1 s");
});

Deno.test("credentials for a URL without https are warned of, and not shown", async () => {
  await using server = ScriptedServer.start(() => ({ status: 404 }));
  using tested = new TestedUpstream(server.url, { username: "alice", password: "s3cret" });
  assertEquals(tested.log.lines.length, 1);
  assert(tested.log.lines[0]?.includes("unencrypted") && !tested.log.lines[0].includes("s3cret"));
});

Deno.test("an upstream whose answer trickles ends small questions by their limit", async () => {
  const slowly = async function* () {
    while (true) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      yield new Uint8Array(1);
    }
  };
  await using server = ScriptedServer.start(() => ({ body: slowly() }));
  using tested = new TestedUpstream(server.url, { limits: { answer: 100, stall: 1_000 } });
  await assertFails(
    () => tested.upstream.manifest(app, byTag("v1")),
    "timeout",
    "not answered within 0.1 s",
  );
});

Deno.test("an upstream that accepts but is slow is not taken for one that cannot be connected to", async () => {
  const { promise: after, resolve } = Promise.withResolvers<void>();
  await using server = ScriptedServer.start(() => ({ status: 404, after }));
  using tested = new TestedUpstream(server.url, { limits: { connect: 40 } });
  const asked = tested.upstream.manifest(app, byTag("v1"));
  while (server.connections < 2) await new Promise((go) => setTimeout(go, 2)); // the probe has come
  resolve();
  assertEquals(await asked, undefined);
});

Deno.test("an upstream that accepts no connection is unreachable once the limit for that is over", async () => {
  // a full backlog: the system lets further connections hang
  using listener = Deno.listen(
    { hostname: "127.0.0.1", port: 0, tcpBacklog: 1 } as Deno.TcpListenOptions,
  );
  const { port } = listener.addr as Deno.NetAddr;
  const held: Deno.Conn[] = [];
  const stop = new AbortController();
  const filling = Array.from({ length: 4_200 }, async () => {
    try {
      held.push(await Deno.connect({ hostname: "127.0.0.1", port, signal: stop.signal }));
    } catch { /* hangs: the backlog is full */ }
  });
  try {
    using tested = new TestedUpstream(`http://127.0.0.1:${port}`, { limits: { connect: 300 } });
    const error = await assertFails(
      () => tested.upstream.manifest(app, byTag("v1")),
      "unreachable",
      "cannot be connected to within 0.3 s",
    );
    assertEquals(error.options.status, undefined);
  } finally {
    stop.abort();
    await Promise.all(filling);
    for (const connection of held) connection.close();
  }
});

Deno.test("after five failures an upstream is left alone, then one request tries", async () => {
  let status = 500;
  await using server = ScriptedServer.start(() => ({ status }));
  using tested = new TestedUpstream(server.url);
  const ask = () => tested.upstream.manifest(app, byTag("v1"));
  for (let i = 0; i < 5; i++) await assertFails(ask, "failing");
  await assertFails(ask, "open", "left alone");
  assertEquals(server.requests.length, 5);
  tested.clock.time += 10_000;
  await assertFails(ask, "failing");
  await assertFails(ask, "open");
  tested.clock.time += 20_000;
  status = 404;
  assertEquals(await ask(), undefined);
  assertEquals(await ask(), undefined);
  const told = tested.metrics.filter((line) => line.startsWith("breaker"));
  assertEquals(told, ["breaker true", "breaker false"]);
  assertEquals(tested.log.lines.length, 2);
});

Deno.test("404, 401, 403 and 429 never make an upstream be left alone", async () => {
  for (const status of [404, 401, 403, 429]) {
    await using server = ScriptedServer.start(() => ({ status }));
    using tested = new TestedUpstream(server.url);
    for (let i = 0; i < 10; i++) await tested.upstream.manifest(app, byTag("v1")).catch(() => {});
    assertEquals(server.requests.length, 10);
  }
});

Deno.test("the rate limit is told, and logged once at a tenth", async () => {
  let remaining = 12;
  await using server = ScriptedServer.start(() => ({
    status: 404,
    headers: { "ratelimit-limit": "100;w=21600", "ratelimit-remaining": `${remaining--};w=21600` },
  }));
  using tested = new TestedUpstream(server.url);
  for (let i = 0; i < 4; i++) await tested.upstream.resolve(app, tagged("v1"));
  assertEquals(tested.metrics.filter((line) => line.startsWith("rate")), [
    ..."rateLimit 12/100|rateLimit 11/100|rateLimit 10/100|rateLimit 9/100".split("|"),
  ]);
  assertEquals(tested.log.lines, [
    'warn up.test: 10 of 100 pulls are left {"upstream":"up.test","limit":100,"remaining":10}',
  ]);
});

Deno.test("a client connects to nothing before it is asked, and close() ends what is under way", async () => {
  await using server = ScriptedServer.start(() => ({ silent: true }));
  const tested = new TestedUpstream(server.url);
  assertEquals(server.connections, 0);
  const asked = tested.upstream.manifest(app, byTag("v1"));
  while (server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  tested[Symbol.dispose]();
  await assertFails(() => asked, "unreachable", "closed");
  await assertFails(() => tested.upstream.manifest(app, byTag("v1")), "unreachable", "closed");
});

Deno.test("many at once share the connections, and all get their answer", async () => {
  await using server = ScriptedServer.start(() => ({ status: 404 }));
  using tested = new TestedUpstream(server.url, { limits: { requests: 3 } });
  const asked = Array.from({ length: 50 }, () => tested.upstream.manifest(app, byTag("v1")));
  assertEquals((await Promise.all(asked)).filter(Boolean).length, 0);
  assert(server.connections <= 3, `${server.connections} connections`);
});

toolTest(
  { tools: ["openssl"] },
  "a private CA is trusted when it is named, and no other",
  async () => {
    await using ca = await Certificates.make();
    await using server = ScriptedServer.start(() => ({ status: 404 }), {
      tls: await ca.issue("server"),
    });
    const ask = async (options = {}, url = server.url) => {
      using tested = new TestedUpstream(url, options);
      return await tested.upstream.resolve(app, tagged("v1"));
    };
    assertEquals(await ask({ ca: ca.root.certificate }), undefined);
    await assertFails(() => ask(), "unreachable", "a CA that is not trusted");
    const named = await ca.issue("named", { alternativeNames: "DNS:other.test" });
    const expired = await ca.issue("expired", { until: -1 });
    await using late = ScriptedServer.start(() => ({}), { tls: expired });
    await assertFails(
      () => ask({ ca: ca.root.certificate }, late.url),
      "unreachable",
      "has expired",
    );
    assert(named.certificate !== "");
  },
);

toolTest(
  { tools: ["openssl"] },
  "files that cannot be used are named, in one sentence",
  async () => {
    await using ca = await Certificates.make();
    const { folder } = ca;
    const pair = await ca.issue("client", { use: "client" });
    await Deno.writeTextFile(folder.at("empty.pem"), "nothing");
    await Deno.writeTextFile(
      folder.at("odd.pem"),
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    );
    const other = await ca.issue("other", { use: "client" });
    const cases: [Record<string, string>, string][] = [
      [{ ca: folder.at("absent.pem") }, "absent.pem: there is no such file"],
      [{ ca: folder.at("empty.pem") }, "empty.pem: there is no CERTIFICATE in it"],
      [{ ca: folder.at("odd.pem") }, "odd.pem"],
      [{ certificate: pair.certificate }, "must be given together"],
      [{ key: pair.key }, "must be given together"],
      [{ certificate: pair.certificate, key: pair.certificate }, "there is no PRIVATE KEY in it"],
      [
        { certificate: pair.certificate, key: folder.at("absent.key") },
        "absent.key: there is no such file",
      ],
      [{ certificate: pair.certificate, key: other.key }, "other.key"],
    ];
    for (const [options, says] of cases) {
      await assertRejects(
        () => Promise.resolve().then(() => new TestedUpstream("https://a.test", options)),
        Error,
        says,
      );
    }
    for (const url of ["ftp://a", "a", "", "https://user:secret@a", "https://a/?x=y"]) {
      const error = await assertRejects(
        () => Promise.resolve().then(() => new TestedUpstream(url)),
        Error,
        "up.test",
      );
      assert(!error.message.includes("secret"));
    }
  },
);
