import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { prefetch } from "../../src/cli/cache/prefetch.ts";
import { readFlags } from "../../src/cli/flags.ts";
import { run } from "../../src/cli/run.ts";
import { systemClock } from "../../src/async/clock.ts";
import { createPipeline } from "../../src/http/pipeline.ts";
import { configOf } from "../config/load.ts";
import { CacheWorld } from "../support/cache_world.ts";
import { type Image, makeImage, makeIndex, mediaTypes, sha256 } from "../support/images.ts";
import { Listening } from "../support/listening.ts";
import { type Script, ScriptedServer } from "../support/scripted_server.ts";
import { type FakeOptions, FakeSystem } from "./fake_system.ts";

const PROXY = `proxy:
  remoteurl: https://registry-1.docker.io
  upstreams:
  - {namespace: ghcr.io, remoteurl: https://ghcr.io}
`;

async function fetching(
  http: string,
  args: readonly string[],
  options: FakeOptions = {},
  proxy = PROXY,
) {
  const config = configOf(`version: 0.1\nstorage: inmemory\nhttp: {${http}}\n${proxy}`);
  const system = new FakeSystem(options);
  const flags = readFlags(args, ["platform", "user", "config"], ["json"]);
  const status = await prefetch(flags, config, system);
  return { status, out: system.stdout, err: system.stderr };
}

/** A cache of a fake Docker Hub and a fake ghcr.io, on a loopback port. */
async function serving(test: (world: CacheWorld, http: string) => Promise<void>, prefix = "") {
  const world = new CacheWorld({
    upstreams: [{ namespace: "", library: true }, { namespace: "ghcr.io" }],
    api: { prefix },
  });
  const handler = createPipeline(world.api, {
    clock: systemClock,
    onEnd: () => {},
    onFault: (_exchange, error) => {
      throw error;
    },
  });
  await using server = await Listening.start(handler);
  await test(world, `addr: '127.0.0.1:${server.port}'`);
  await world.close();
}

function hub(world: CacheWorld) {
  return world.hub;
}

function ghcr(world: CacheWorld) {
  const upstream = world.upstreams.get("ghcr.io");
  if (upstream === undefined) throw new Error("there is no ghcr.io");
  return upstream;
}

function digestOf({ manifest }: Image): string {
  return manifest.descriptor.digest;
}

function bytesIn(...images: Image[]): number {
  const sizes = images.flatMap(({ blobs }) => blobs.map(({ bytes }) => bytes.length));
  return sizes.reduce((sum, size) => sum + size, 0);
}

Deno.test("prefetch has the server fetch an image with all that it needs, however it is named", async () => {
  const image = makeImage({ layers: [2_000, 300_000] });
  for (
    const text of ["redis:7", "docker.io/redis:7", "docker.io/library/redis:7", "library/redis:7"]
  ) {
    await serving(async (world, http) => {
      hub(world).push("library/redis", image, "7");
      const { status, out, err } = await fetching(http, [text, "--json"]);
      assertEquals([status, err], [0, ""]);
      assertEquals(JSON.parse(out), {
        images: [{
          image: text,
          ok: true,
          digest: digestOf(image),
          ...{ manifests: 1, blobs: 3, bytes: bytesIn(image) },
        }],
      });
      hub(world).fail("unreachable");
      for (const { descriptor, bytes } of image.blobs) {
        const got = await world.ask(`/v2/library/redis/blobs/${descriptor.digest}`);
        assertEquals([got.status, got.bytes], [200, bytes]);
      }
    });
  }
});

Deno.test("prefetch takes the platform that is asked for, several, or all, and no more", async () => {
  const index = makeIndex(["amd64", "arm64", "s390x"], { layers: [3_000] });
  const [amd64, arm64, s390x] = index.children as [Image, Image, Image];
  const cases: readonly (readonly [string, readonly Image[]])[] = [
    ["linux/amd64", [amd64]],
    ["linux/s390x,linux/arm64", [s390x, arm64]],
    ["all", [amd64, arm64, s390x]],
  ];
  for (const [platform, images] of cases) {
    await serving(async (world, http) => {
      ghcr(world).push("org/app", index, "1");
      const args = ["ghcr.io/org/app:1", "--platform", platform, "--json"];
      const [result] = JSON.parse((await fetching(http, args)).out).images;
      assertEquals([result.ok, result.bytes], [true, bytesIn(...images)]);
      assertEquals(ghcr(world).count("blob"), images.length * 2);
    });
  }
  await serving(async (world, http) => {
    ghcr(world).push("org/app", index, "1");
    const { status, err } = await fetching(http, ["ghcr.io/org/app:1", "--platform=linux/riscv64"]);
    assertEquals([status, err], [
      1,
      "Cannot fetch ghcr.io/org/app:1: it is not there for linux/riscv64, only for linux/amd64, linux/arm64, linux/s390x\n",
    ]);
  });
});

Deno.test("prefetch by digest, below a prefix, goes on after one that fails, and exits 1", async () => {
  const image = makeImage({ layers: [2_000] });
  await serving(async (world, http) => {
    ghcr(world).push("org/app", image);
    const name = `ghcr.io/org/app@${digestOf(image)}`;
    const { status, out, err } = await fetching(`${http}, prefix: /r/`, [
      "quay.io/x:1",
      "redis",
      name,
    ]);
    assertEquals(status, 1);
    assertMatch(err, /^Cannot fetch quay\.io\/x:1: the server answered 404 \(NAME_UNKNOWN: .*\)\n/);
    assertMatch(err, /\nCannot fetch redis: the server answered 404 \(MANIFEST_UNKNOWN: .*\)\n$/);
    assertMatch(out, new RegExp(`^${name} ${digestOf(image)}: 2 blobs, [\\d.]+ kB\n$`));
  }, "/r");
});

Deno.test("what the server says of an old answer is said, and an upstream that is down is the reason", async () => {
  const image = makeImage({ layers: [2_000] });
  await serving(async (world, http) => {
    hub(world).push("library/redis", image, "7");
    assertEquals((await fetching(http, ["redis:7"])).status, 0);
    hub(world).fail("unreachable");
    const stale = await fetching(http, ["redis:7"]);
    assertEquals(stale.status, 0);
    assertMatch(stale.err, /^warning: redis:7: .+\n$/);
    const { status, err } = await fetching(http, ["redis:8"]);
    assertEquals(status, 1);
    assertMatch(err, /^Cannot fetch redis:8: the server answered 50[234] \(.+\)\n$/);
  });
});

const config = makeImage({ layers: [10] });
const [, layer] = config.blobs;

/** A server that gives the image and does as a test says with its layer. */
function script(answer: Script): Script {
  return (request) => {
    const { target } = request;
    if (target.includes("/manifests/")) return { body: config.manifest.bytes };
    const blob = config.blobs.find(({ descriptor }) => target.includes(descriptor.digest));
    if (blob === undefined) return undefined;
    return blob === layer ? answer(request) : { body: blob.bytes };
  };
}

const FAULTS: readonly (readonly [string, Script, RegExp])[] = [
  ["cut", () => ({ body: layer?.bytes ?? "", cutAfter: 5 }), /cut after 5 bytes/],
  ["short", () => ({ body: "x" }), /has 1 bytes, expected \d+/],
  [
    "refused",
    () => ({
      status: 502,
      body: '{"errors":[{"code":"UNAVAILABLE","message":"a\\u001bb","detail":"c"}]}',
    }),
    /answered 502 \(UNAVAILABLE: a b: c\)/,
  ],
  ["no JSON", () => ({ status: 500, body: "<html>\n\u001b[31m" }), /answered 500 \(<html> \[31m\)/],
  ["without a head", () => ({ raw: "" }), /./],
];

for (const [what, answer, said] of FAULTS) {
  Deno.test(`a layer that is ${what} is a failure, with the reason on one line`, async () => {
    await using server = ScriptedServer.start(script(answer));
    const { status, err, out } = await fetching(`addr: '${server.host}'`, ["redis:7"]);
    assertEquals([status, out], [1, ""]);
    assertMatch(err, /^Cannot fetch redis:7: .+\n$/);
    assertEquals(err.includes("\u001b"), false);
    assertMatch(err, said);
  });
}

Deno.test("a manifest that is none is a failure", async () => {
  await using server = ScriptedServer.start(() => ({ body: "no JSON" }));
  const http = `addr: '${server.host}'`;
  for (const image of ["redis:7", `redis@${sha256(config.manifest.bytes)}`]) {
    const { status, err } = await fetching(http, [image]);
    assertEquals(status, 1);
    assertStringIncludes(err, "is broken");
  }
});

Deno.test("a manifest that is not what its digest says is a failure", async () => {
  await using server = ScriptedServer.start(script(() => ({ body: layer?.bytes ?? "" })));
  const other = makeImage({ seed: 2 });
  const http = `addr: '${server.host}'`;
  assertEquals((await fetching(http, [`redis@${digestOf(config)}`])).status, 0);
  const { status, err } = await fetching(http, [`redis@${digestOf(other)}`]);
  assertEquals(status, 1);
  assertStringIncludes(err, `the manifest ${digestOf(other)} is broken`);
});

Deno.test("foreign layers are not asked for", async () => {
  const foreign = {
    mediaType: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
    digest: `sha256:${"0".repeat(64)}`,
    size: 1_000_000,
    urls: ["https://elsewhere.example/x"],
  };
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.docker.manifest,
    config: config.blobs[0]?.descriptor,
    layers: [foreign],
  });
  await using server = ScriptedServer.start(({ target }) =>
    target.includes("/manifests/") ? { body: manifest } : { body: config.blobs[0]?.bytes ?? "" }
  );
  assertEquals((await fetching(`addr: '${server.host}'`, ["redis"])).status, 0);
  assertEquals(server.requests.length, 2);
});

Deno.test("a user's password comes from stdin and reaches nothing but the server", async () => {
  await using server = ScriptedServer.start((request) =>
    request.headers.get("authorization") === `Basic ${btoa("me:s3cret")}`
      ? script(() => ({ body: layer?.bytes ?? "" }))(request)
      : {
        status: 401,
        body: '{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}',
      }
  );
  const http = `addr: '${server.host}'`;
  const good = await fetching(http, ["redis", "--user", "me"], { stdin: "s3cret\n" });
  assertEquals([good.status, good.err], [0, ""]);
  for (const args of [["redis"], ["redis", "--user", "you"]]) {
    const { status, out, err } = await fetching(http, args, { stdin: "s3cret\n" });
    assertEquals([status, out], [1, ""]);
    assertStringIncludes(err, "(UNAUTHORIZED: authentication required). Give --user NAME\n");
  }
  await assertRejects(
    () => fetching(http, ["redis", "--user", "me:s3cret"]),
    Error,
    "Expected --user and a name: the password is asked for",
  );
});

Deno.test("progress is drawn on a terminal and taken away at the end, and nothing is elsewhere", async () => {
  await using server = ScriptedServer.start(script(() => ({ body: layer?.bytes ?? "" })));
  const http = `addr: '${server.host}'`;
  assertEquals((await fetching(http, ["redis"])).err, "");
  const { err } = await fetching(http, ["redis"], { width: 60 });
  const [, first, ...others] = err.replaceAll("\x1b[K", "<").split("\r");
  assertMatch(first ?? "", /^\[-{20}\] 0 B of [\d.]+ k?B, 0 B\/s {2}redis<$/);
  assertEquals(others.at(-1), "<");
  assertEquals(err.includes("\n"), false);
});

Deno.test("prefetch says when nobody listens, or where the server is cannot be known", async () => {
  const nobody = await fetching("addr: '127.0.0.1:1'", ["redis"]);
  assertEquals(nobody.status, 1);
  assertMatch(nobody.err, /^Cannot fetch redis: .+\n$/);
  const cases: readonly (readonly [string, string, string])[] = [
    ["addr: '127.0.0.1:0'", PROXY, "the system chooses its port"],
    ["addr: ':1', tls: {certificate: a, key: b, clientcas: [c]}", PROXY, "client certificates"],
    ["addr: ':1'", "", "this registry is no cache"],
  ];
  for (const [http, proxy, said] of cases) {
    await assertRejects(() => fetching(http, ["redis"], {}, proxy), Error, said);
  }
});

/** The command line, and a part of what is said. */
const LINES: readonly (readonly [string[], string])[] = [
  [[], "Expected at least one image\n"],
  [["Redis"], 'Found "Redis", expected an image such as'],
  [["redis:"], "expected an image"],
  [["redis@sha256:12"], "expected an image"],
  [["a b.example/x"], "expected an image"],
  [["../x"], "expected an image"],
  [["redis", "--platform", "amd64"], "Found --platform amd64, expected linux/amd64, several"],
  [["redis", "--platfrom", "x"], "Unknown flag --platfrom, did you mean --platform?"],
];

for (const [args, said] of LINES) {
  Deno.test(`cache prefetch ${args.join(" ")} is not understood`, async () => {
    const system = new FakeSystem();
    assertEquals(await run(["cache", "prefetch", ...args], system), 2);
    assertStringIncludes(system.stderr, said);
  });
}
