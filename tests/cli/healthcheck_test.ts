import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { probe, targetOfApp, targetOfConfig, targetOfUrl } from "../../src/cli/probe.ts";
import { run } from "../../src/cli/run.ts";
import { loadConfig } from "../../src/config/load.ts";
import { freePort } from "../support/process.ts";
import { Listening } from "../support/listening.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { toolTest } from "../support/tools.ts";
import { run as runProgram } from "../support/process.ts";
import { type FakeOptions, FakeSystem } from "./fake_system.ts";

const FINE = { status: 200, text: "" };

async function checking(args: readonly string[], options: FakeOptions = {}) {
  const system = new FakeSystem(options);
  const status = await run(["healthcheck", ...args], system);
  return { status, system };
}

function httpOf(http: string) {
  const loaded = loadConfig(
    { text: `version: 0.1\nstorage: inmemory\nhttp: ${http}\n`, path: "c" },
    {},
  );
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.errors));
  return loaded.config.http;
}

Deno.test("healthcheck is silent and exits 0 when the answer is well", async () => {
  for (const status of [200, 204, 301, 401]) {
    const answers = { "http://127.0.0.1:5000/v2/": { status, text: "x" } };
    const checked = await checking(["http://127.0.0.1:5000/v2/"], { answers });
    assertEquals([checked.status, checked.system.stdout, checked.system.stderr], [0, "", ""]);
    assertEquals(checked.system.probed[0]?.[1], 5_000);
  }
});

Deno.test("healthcheck exits 1 with one line when it is not", async () => {
  const url = "http://127.0.0.1:5001/debug/health";
  for (const status of [404, 500, 503]) {
    const answers = { [url]: { status, text: '{"a":"b\n\u001b[31mc"}' } };
    const checked = await checking([url], { answers });
    assertEquals(checked.status, 1);
    assertEquals(
      checked.system.stderr,
      `unhealthy: ${url} answered ${status} {"a":"b [31mc"}\n`,
    );
  }
  const silent = await checking([url]);
  assertEquals([silent.status, silent.system.stderr], [
    1,
    `unhealthy: ${url} does not answer: connection refused\n`,
  ]);
});

const LIMITS: readonly [string[], number | undefined][] = [
  [["--timeout", "2s"], 2_000],
  [["--timeout=500ms"], 500],
  [["--timeout", "3"], 3_000],
  [["--timeout", "0"], undefined],
  [["--timeout", "soon"], undefined],
  [["--timeout", "99999h"], undefined],
];

for (const [args, limit] of LIMITS) {
  Deno.test(`healthcheck ${args.join(" ")} ${limit ? `waits ${limit} ms` : "is refused"}`, async () => {
    const url = "http://127.0.0.1:5000/";
    const { status, system } = await checking([url, ...args], { answers: { [url]: FINE } });
    assertEquals(
      [status, system.probed[0]?.[1]],
      limit === undefined ? [2, undefined] : [0, limit],
    );
    if (limit === undefined) assertStringIncludes(system.stderr, "expected a time such as 5s\n");
  });
}

Deno.test("healthcheck takes the address from where serve takes its configuration", async () => {
  const file = "version: 0.1\nstorage: inmemory\nhttp: {addr: ':5000', debug: {addr: ':5001'}}\n";
  const answers = { "http://127.0.0.1:5001/debug/health": FINE, "http://127.0.0.1:5000/": FINE };
  const system = { files: { "/etc/distribution/config.yml": file }, answers };
  assertEquals(
    (await checking([], system)).system.probed[0]?.[0].text,
    "http://127.0.0.1:5001/debug/health",
  );
  const environment = { REGISTRY_HTTP_DEBUG_ADDR: "127.0.0.1:6001" };
  assertEquals(
    (await checking([], { ...system, environment })).system.probed[0]?.[0].text,
    "http://127.0.0.1:6001/debug/health",
  );
  assertEquals(
    (await checking(["--config", "c.yml"], {
      files: { "c.yml": file.replace(", debug: {addr: ':5001'}", "") },
      answers,
    })).system.probed[0]?.[0].text,
    "http://127.0.0.1:5000/",
  );
});

Deno.test("healthcheck of a configuration that is wrong or missing fails in one line", async () => {
  for (
    const [args, files] of [
      [["--config", "no.yml"], {}],
      [["--config", "c.yml"], { "c.yml": "version: 0.1\nstorage: foo\nhttp: {addr: 5000}\n" }],
      [["ftp://x/"], {}],
      [["nonsense"], {}],
      [["--config", "c.yml"], {
        "c.yml": "version: 0.1\nstorage: inmemory\nhttp: {addr: '127.0.0.1:0'}\n",
      }],
    ] as const
  ) {
    const { status, system } = await checking(args, { files });
    assertEquals([status, system.stderr.split("\n").length], [1, 2]);
    assertEquals(system.probed, []);
  }
});

Deno.test("healthcheck refuses a command line that it does not understand", async () => {
  const url = "http://127.0.0.1:1/";
  const lines = [["--tls"], [url, url], [url, "--config", "c.yml"], ["--config", ""]];
  for (const args of lines) assertEquals((await checking(args)).status, 2);
});

const CONFIGS: readonly [string, string, boolean, boolean][] = [
  ["{addr: ':5000'}", "http://127.0.0.1:5000/", false, false],
  ["{addr: '0.0.0.0:5000'}", "http://127.0.0.1:5000/", false, false],
  ["{addr: '[::]:5000'}", "http://[::1]:5000/", false, false],
  ["{addr: '10.0.0.1:5000', prefix: /p/}", "http://10.0.0.1:5000/", false, false],
  ["{addr: /run/r.sock, net: unix}", "/run/r.sock", false, false],
  [
    "{addr: ':443', tls: {certificate: a, key: b}}",
    "https://127.0.0.1:443/",
    true,
    false,
  ],
  [
    "{addr: ':443', tls: {certificate: a, key: b, clientcas: [c]}}",
    "https://127.0.0.1:443/",
    true,
    true,
  ],
  [
    "{addr: ':443', tls: {certificate: a, key: b, clientcas: [c], clientauth: request-client-cert}}",
    "https://127.0.0.1:443/",
    true,
    false,
  ],
];

for (const [http, text, secure, handshakeOnly] of CONFIGS) {
  Deno.test(`a server of ${http} is asked at ${text}`, () => {
    const target = targetOfConfig(httpOf(http));
    assertEquals([target.text, target.secure, target.handshakeOnly], [text, secure, handshakeOnly]);
    assertEquals(target.verifies, false);
  });
}

Deno.test("a URL's certificate is verified, unless it is on this machine", () => {
  const verified = (url: string) => targetOfUrl(url).verifies;
  assertEquals(verified("https://registry.example/"), true);
  assertEquals(verified("https://127.evil.example/"), true);
  for (const host of ["localhost", "127.0.0.1", "[::1]"]) {
    assertEquals(verified(`https://${host}:5000/`), false);
  }
  assertEquals(targetOfUrl("http://a:secret@h/x?y").text, "http://h/x?y");
  assertThrows(() => targetOfUrl("/debug/health"), Error, "expected a URL such as");
});

Deno.test("a running app is asked where it really listens", () => {
  assertEquals(targetOfApp({ address: "/run/r.sock" }, undefined).place, {
    socketPath: "/run/r.sock",
  });
  assertEquals(
    targetOfApp({ address: "[::]:5000", url: "http://[::]:5000" }, undefined).place,
    { host: "::1", port: 5000 },
  );
});

Deno.test("probe() reads a status over TCP and over a unix socket", async () => {
  await using folder = await TempFolder.make();
  const path = folder.at("s");
  const long = "x".repeat(1_000_000);
  const answer = (request: Request) =>
    request.url.endsWith("/long") ? new Response(long) : new Response("no", { status: 503 });
  const tcp = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, answer);
  const unix = Deno.serve({ path, onListen() {} }, answer);
  try {
    const url = `http://127.0.0.1:${tcp.addr.port}`;
    assertEquals(await probe(targetOfUrl(url), 20_000), { status: 503, text: "no" });
    assertEquals(await probe(targetOfApp({ address: path }, undefined), 20_000), {
      status: 503,
      text: "no",
    });
    assertEquals((await probe(targetOfUrl(`${url}/long`), 20_000)).text.length, 1000);
  } finally {
    await tcp.shutdown();
    await unix.shutdown();
  }
});

Deno.test("probe() gives up a server that is silent, sends for ever, or is not there", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  await assertRejects(
    () => probe(targetOfUrl(`http://127.0.0.1:${listener.addr.port}/`), 50),
    Error,
    "no answer within 0.05s",
  );
  using connection = await accepted;
  assertEquals(await drain(connection), null);
  const second = listener.accept();
  const slow = assertRejects(
    () => probe(targetOfUrl(`http://127.0.0.1:${listener.addr.port}/`), 200),
    Error,
    "no answer within 0.2s",
  );
  using drip = await second;
  await drip.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"));
  await slow;
  await assertRejects(() => probe(targetOfUrl(`http://127.0.0.1:${freePort()}/`), 20_000));
});

Deno.test("probe() of a server that is full is told that the connection was reset", async () => {
  await using full = await Listening.start((exchange) => exchange.reply(200, {}), {
    connectionLimits: { connections: 0, backlog: 16 },
  });
  const error = await assertRejects(() =>
    probe(targetOfUrl(`http://127.0.0.1:${full.port}/`), 20_000)
  );
  assertEquals(error instanceof Error && "code" in error && error.code, "ECONNRESET");
});

async function drain(connection: Deno.TcpConn): Promise<number | null> {
  const into = new Uint8Array(1024);
  while (true) {
    const read = await connection.read(into).catch(() => null);
    if (read === null) return null;
  }
}

toolTest(
  { tools: ["openssl"] },
  "probe() asks over TLS whatever the certificate says, on this machine only",
  async () => {
    await using folder = await TempFolder.make();
    const [key, cert] = [folder.at("key"), folder.at("cert")];
    const subject = ["-subj", "/CN=other.example", "-days", "1", "-nodes"];
    await runProgram([
      "openssl",
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      ...subject,
      "-keyout",
      key,
      "-out",
      cert,
    ]);
    const server = Deno.serve({
      hostname: "127.0.0.1",
      port: 0,
      key: await Deno.readTextFile(key),
      cert: await Deno.readTextFile(cert),
      onListen() {},
    }, () => new Response("in"));
    try {
      const target = targetOfUrl(`https://127.0.0.1:${server.addr.port}/`);
      assertEquals(await probe(target, 20_000), { status: 200, text: "in" });
      assertEquals(await probe({ ...target, handshakeOnly: true }, 20_000), {
        status: 200,
        text: "",
      });
      await assertRejects(() => probe({ ...target, verifies: true }, 20_000));
    } finally {
      await server.shutdown();
    }
  },
);
