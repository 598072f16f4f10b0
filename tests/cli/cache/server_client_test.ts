import { assertEquals, assertRejects } from "@std/assert";
import { ServerClient } from "../../../src/cli/cache/server_client.ts";
import { targetOfApp } from "../../../src/cli/probe.ts";
import { Certificates } from "../../support/certificates.ts";
import { type Script, ScriptedServer } from "../../support/scripted_server.ts";
import { TempFolder } from "../../support/temp_folder.ts";
import { toolTest } from "../../support/tools.ts";

function clientOf({ host }: ScriptedServer, stallMs?: number): ServerClient {
  return new ServerClient(targetOfApp({ address: host, url: "" }, undefined), undefined, stallMs);
}

const TLS = {
  ...{ certificate: "", key: "", clientcas: [], ciphersuites: [] },
  clientauth: "require-and-verify-client-cert",
  minimumtls: "tls1.2",
} as const;

Deno.test("a body is counted, and kept when nobody counts", async () => {
  await using server = ScriptedServer.start(() => ({ body: "hello", headers: { "X-A": "b" } }));
  let count = 0;
  const counted = await clientOf(server).get("/x?ns=a", { onBytes: (bytes) => count += bytes });
  assertEquals([count, counted.body.length, counted.header("x-a")], [5, 0, "b"]);
  const kept = await clientOf(server).get("/x?ns=a", { accept: "a/b" });
  assertEquals(new TextDecoder().decode(kept.body), "hello");
  assertEquals(server.asked, ["GET /x?ns=a", "GET /x?ns=a"]);
  assertEquals(server.requests.map(({ headers }) => headers.get("accept")), [null, "a/b"]);
});

const STALLS: readonly (readonly [string, Script])[] = [
  ["before its head", () => ({ silent: true })],
  ["amid its body", () => ({ body: "hello", stallAfter: 2 })],
];

for (const [when, script] of STALLS) {
  Deno.test(`an answer that stalls ${when} is given up`, async () => {
    await using server = ScriptedServer.start(script);
    await assertRejects(
      () => clientOf(server, 50).get("/", { onBytes: () => {} }),
      Error,
      "nothing came for 0.05s",
    );
  });
}

Deno.test("an answer that is cut is no answer, whether or not its length is known", async () => {
  for (const length of [undefined, "chunked"] as const) {
    await using server = ScriptedServer.start(() => ({
      ...{ body: "hello", cutAfter: 2 },
      ...(length && { length }),
    }));
    await assertRejects(() => clientOf(server).get("/"), Error);
  }
});

Deno.test("a manifest without an end is refused", async () => {
  await using server = ScriptedServer.start(() => ({ body: endless(), length: "chunked" }));
  await assertRejects(() => clientOf(server).get("/"), Error, "more than 16777216 bytes");
});

function* endless(): Generator<Uint8Array> {
  for (;;) yield new Uint8Array(64 * 1024);
}

Deno.test("a server on a unix socket is reached", async () => {
  await using folder = await TempFolder.make();
  const path = folder.at("s");
  const server = Deno.serve({ path, onListen() {} }, () => new Response("hello"));
  const client = new ServerClient(targetOfApp({ address: path }, undefined), undefined);
  assertEquals((await client.get("/")).body.length, 5);
  await server.shutdown();
});

toolTest(
  { tools: ["openssl"] },
  "a server with a certificate for other names is reached on this machine",
  async () => {
    await using certificates = await Certificates.make();
    const tls = await certificates.issue("server", { alternativeNames: "DNS:cache.example" });
    await using server = ScriptedServer.start(() => ({ body: "hello" }), { tls });
    const target = targetOfApp({ address: server.host, url: "" }, TLS);
    assertEquals((await new ServerClient(target, undefined).get("/")).body.length, 5);
  },
);
