import { assert, assertEquals } from "@std/assert";
import { parseDigest } from "../../src/oci/digest.ts";
import type { UpstreamOptions } from "../../src/proxy/http_upstream.ts";
import { Certificates } from "../support/certificates.ts";
import { sha256 } from "../support/images.ts";
import { type Script, ScriptedServer } from "../support/scripted_server.ts";
import {
  assertFails,
  byTag,
  collect,
  repository,
  TestedUpstream,
} from "../support/tested_upstream.ts";
import { toolTest } from "../support/tools.ts";

const app = repository("team/app");
const bytes = new TextEncoder().encode("the blob");
const digest = parseDigest(sha256(bytes));
const SECRETS = ["s3cret", "czNjcmV0", "tok3n", "X-Signature", "abcdef0123"];
const SIGNED = "?X-Signature=abcdef0123";

/** localhost is told to be a public address: what it takes to be allowed there. */
const PUBLIC = (name: string) =>
  name === "localhost" ? Promise.resolve(["93.184.216.34"]) : Promise.reject(new Error("unknown"));
const TRUE = (name: string) =>
  name === "localhost" ? Promise.resolve(["127.0.0.1"]) : Promise.reject(new Error("unknown"));

interface World {
  readonly registry: ScriptedServer;
  readonly other: ScriptedServer;
  open(options?: Partial<UpstreamOptions>, resolve?: typeof PUBLIC): TestedUpstream;
}

/** A registry and another server, both with TLS. */
function world(name: string, test: (world: World) => Promise<void>): void {
  toolTest({ tools: ["openssl"] }, name, async () => {
    await using ca = await Certificates.make();
    const tls = await ca.issue("server");
    await using registry = ScriptedServer.start(() => ({}), { tls });
    await using other = ScriptedServer.start(() => ({ body: bytes }), { tls });
    const credentials = { ca: ca.root.certificate, username: "alice", password: "s3cret" };
    await test({
      registry,
      other,
      open: (options = {}, resolve = PUBLIC) =>
        new TestedUpstream(registry.url, { ...credentials, ...options }, resolve),
    });
  });
}

/** Wants Basic, then redirects blobs and manifests there. */
function redirecting(location: string, status = 307): Script {
  return ({ headers, target }) =>
    !headers.has("authorization")
      ? { status: 401, headers: { "www-authenticate": 'Basic realm="x"' } }
      : target === "/v2/"
      ? {}
      : { status, headers: { location } };
}

const open = async ({ upstream }: TestedUpstream, start = 0) => {
  const { signal } = new AbortController();
  const blob = await upstream.blob(app, digest, { signal, start });
  return blob && await collect(blob.chunks);
};

function assertNoSecrets({ log, metrics }: TestedUpstream, error?: Error): void {
  const all = [...log.lines, ...metrics, error?.message, error?.stack, Deno.inspect(error)].join(
    "\n",
  );
  for (const secret of SECRETS) assert(!all.includes(secret), all);
}

for (const status of [301, 302, 303, 307, 308]) {
  world(
    `a blob is fetched where a ${status} leads, without what is for the registry alone`,
    async ({ registry, other, open: make }) => {
      registry.script = redirecting(`${other.urlBy("localhost")}/blob${SIGNED}`, status);
      using tested = make();
      assertEquals(await open(tested, 4), bytes.slice(4));
      assertEquals(other.asked, [`GET /blob${SIGNED}`]);
      const sent = [...(other.requests[0]?.headers.keys() ?? [])].sort().join(" ");
      assertEquals(sent, "accept accept-encoding accept-language host range user-agent");
      assertEquals(
        registry.requests.at(-1)?.headers.get("authorization"),
        `Basic ${btoa("alice:s3cret")}`,
      );
      assertNoSecrets(tested);
    },
  );
}

world(
  "another port of the registry's host is another origin: it sees no credentials",
  async ({ registry, other, open: make }) => {
    registry.script = redirecting(`${other.url}/blob`);
    using tested = make();
    assertEquals(await open(tested), bytes);
    assertEquals(other.requests[0]?.headers.has("authorization"), false);
  },
);

world(
  "a redirect that stays keeps the credentials, one that comes back has lost them",
  async ({ registry, other, open: make }) => {
    other.script = () => ({ status: 302, headers: { location: `${registry.url}/back` } });
    registry.script = (request) => {
      if (request.target === "/stays") {
        return {
          status: 302,
          headers: { location: `${other.url}/away` },
        };
      }
      if (request.target === "/back") return { body: bytes };
      return redirecting("/stays")(request);
    };
    using tested = make();
    assertEquals(await open(tested), bytes);
    const seen = registry.requests.map(({ target, headers }) =>
      `${target.slice(0, 6)} ${headers.has("authorization")}`
    );
    assertEquals(seen.slice(-3), ["/v2/te true", "/stays true", "/back false"]);
  },
);

world(
  "manifests and sizes of blobs follow redirects as well",
  async ({ registry, other, open: make }) => {
    other.script = () => ({ headers: { "content-type": "application/json" }, body: "{}" });
    registry.script = redirecting(`${other.url}/x`);
    using tested = make();
    assertEquals((await tested.upstream.manifest(app, byTag("v1")))?.bytes.length, 2);
    assertEquals(await tested.upstream.blobSize(app, digest), 2);
    assertEquals(other.asked, ["GET /x", "HEAD /x"]);
  },
);

const REFUSED: [what: string, location: (world: World) => string, resolve: typeof PUBLIC][] = [
  ["localhost", ({ other }) => `${other.urlBy("localhost")}/x${SIGNED}`, TRUE],
  [
    "plain http on the registry's host",
    ({ other }) => `${other.url.replace("https", "http")}/x${SIGNED}`,
    PUBLIC,
  ],
  [
    "plain http on another host",
    ({ other }) => `${other.urlBy("localhost").replace("https", "http")}/x`,
    PUBLIC,
  ],
  ["another address of this machine", ({ other }) => `https://127.0.0.2:${other.port}/x`, PUBLIC],
  ["this machine by IPv6", ({ other }) => `https://[::1]:${other.port}/x`, PUBLIC],
  ["this machine as a number", ({ other }) => `https://2130706434:${other.port}/x`, PUBLIC],
  [
    "this machine by a mapped address",
    ({ other }) => `https://[::ffff:127.0.0.1]:${other.port}/x`,
    PUBLIC,
  ],
  ["this machine by NAT64", ({ other }) => `https://[64:ff9b::127.0.0.1]:${other.port}/x`, PUBLIC],
  ["the metadata service", () => `https://169.254.169.254/latest/meta-data/${SIGNED}`, PUBLIC],
  ["the metadata service over http", () => "http://169.254.169.254/latest/meta-data/", PUBLIC],
  ["a private address", () => "https://10.0.0.1/x", PUBLIC],
  [
    "what carries credentials",
    ({ other }) => `https://bob:s3cret@localhost:${other.port}/x`,
    PUBLIC,
  ],
  [
    "the registry with credentials",
    ({ registry }) => `https://bob:s3cret@${registry.host}/x`,
    PUBLIC,
  ],
  ["a file", () => "file:///etc/passwd", PUBLIC],
  ["data", () => "data:text/plain,x", PUBLIC],
  ["no URL", () => "https://[", PUBLIC],
];

for (const [what, location, resolve] of REFUSED) {
  world(`a redirect to ${what} is refused, and nobody is asked there`, async (all) => {
    const { registry, other, open: make } = all;
    registry.script = redirecting(location(all));
    using tested = make({}, resolve);
    const error = await assertFails(() => open(tested), "lying", "redirects");
    assertEquals(other.connections, 0);
    assertEquals(tested.log.lines.length, 1);
    assertNoSecrets(tested, error);
    const asked = registry.requests.length;
    assertNoSecrets(
      tested,
      await assertFails(() => tested.upstream.blobSize(app, digest), "lying"),
    );
    assertEquals(registry.requests.length, asked + 1);
  });
}

world(
  "a redirect to a name that has no address, or from where nothing comes, is no lie",
  async ({ registry, other, open: make }) => {
    registry.script = redirecting(`https://unknown.example/x${SIGNED}`);
    using tested = make();
    const error = await assertFails(() => open(tested), "unreachable", "cannot be resolved");
    assertNoSecrets(tested, error);
    registry.script = redirecting(`${other.urlBy("localhost")}/x${SIGNED}`);
    other.script = () => ({ raw: "" });
    assertNoSecrets(tested, await assertFails(() => open(tested), "unreachable"));
    other.script = () => ({ body: bytes, length: 100, cutAfter: 8 });
    assertNoSecrets(
      tested,
      await assertFails(() => open(tested), "failing", "broke off after 8 of 100"),
    );
    other.script = () => ({ status: 503 });
    assertNoSecrets(tested, await assertFails(() => open(tested), "failing", "answered 503"));
  },
);

world(
  "what fails behind a redirect doesn't make the registry be left alone",
  async ({ registry, other, open: make }) => {
    registry.script = redirecting(`${other.urlBy("localhost")}/x`);
    other.script = () => ({ status: 503 });
    using tested = make();
    for (let i = 0; i < 8; i++) await assertFails(() => open(tested), "failing");
  },
);

world("five redirects are followed, six are not", async ({ registry, open: make }) => {
  let most = 5;
  registry.script = ({ target }) => {
    const count = Number(target.match(/^\/hop(\d)/)?.[1] ?? 0);
    return count === most
      ? { body: bytes }
      : { status: 302, headers: { location: `/hop${count + 1}` } };
  };
  using tested = make({ username: undefined });
  assertEquals(await open(tested), bytes);
  most = 6;
  await assertFails(() => open(tested), "lying", "more than 5 times");
});

world("a redirect without Location is no answer", async ({ registry, open: make }) => {
  registry.script = () => ({ status: 302 });
  using tested = make({ username: undefined });
  await assertFails(() => open(tested), "failing", "answered 302");
});

world(
  "a redirect's target has its own challenge, and is asked anonymously",
  async ({ registry, other, open: make }) => {
    const target = "https://localhost:" + other.port;
    registry.script = redirecting(`${target}/v2/team/app/blobs/${digest}`);
    other.script = (request) =>
      request.target.startsWith("/token?")
        ? { body: '{"token":"tok3n"}' }
        : request.headers.get("authorization") === "Bearer tok3n"
        ? { body: bytes }
        : {
          status: 401,
          headers: { "www-authenticate": `Bearer realm="${target}/token",service="s"` },
        };
    using tested = make();
    assertEquals(await open(tested), bytes);
    const [, token] = other.requests;
    assertEquals(token?.target, "/token?service=s&scope=repository%3Ateam%2Fapp%3Apull");
    assertEquals(token?.headers.has("authorization"), false);
    other.script = () => ({ status: 401, headers: { "www-authenticate": 'Basic realm="x"' } });
    await assertFails(() => open(tested), "denied");
    for (const { headers } of other.requests) {
      assert(
        !headers.get("authorization")?.startsWith("Basic"),
      );
    }
  },
);
