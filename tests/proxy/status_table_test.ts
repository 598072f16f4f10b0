// Every cell of the status table of reference/pull_through.md 3, as a client sees it.
import { assertEquals } from "@std/assert";
import type { UpstreamError, UpstreamFailure } from "../../src/proxy/upstream.ts";
import { CacheWorld } from "../support/cache_world.ts";
import type { FakeExchange } from "../support/fake_exchange.ts";
import { type Image, makeImage, makeIndex } from "../support/images.ts";

const image = makeImage({ layers: [100, 200] });
const { digest, mediaType, size } = image.manifest.descriptor;
const [, layer] = image.blobs;
const blob = layer?.descriptor.digest ?? "";
const index = makeIndex(["amd64", "arm64"], { layers: [50], seed: 7 });

interface Row {
  readonly upstream: string;
  readonly kind: UpstreamFailure;
  readonly options?: UpstreamError["options"];
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly advice: string;
  readonly retryAfter?: string;
}

const UNAVAILABLE = { code: "UNAVAILABLE", message: "service unavailable" };
const LIMITED = {
  kind: "limited",
  status: 429,
  code: "TOOMANYREQUESTS",
  message: "too many requests",
  advice: "try again later, or give this cache an account there",
} as const;

const ROWS: readonly Row[] = [
  {
    ...{ upstream: "no connection", kind: "unreachable", status: 502, ...UNAVAILABLE },
    advice: "try again when it can be reached",
  },
  {
    ...{ upstream: "time-out", kind: "timeout", status: 504, ...UNAVAILABLE },
    advice: "try again later",
  },
  {
    ...{ upstream: "5xx", kind: "failing", status: 502, ...UNAVAILABLE },
    ...{ options: { status: 503 }, advice: "try again later" },
  },
  {
    ...{ upstream: "breaker open", kind: "open", status: 503, ...UNAVAILABLE },
    ...{ retryAfter: "5", advice: "try again in some seconds" },
  },
  { upstream: "429 without Retry-After", ...LIMITED, retryAfter: "5" },
  { upstream: "429 for an hour", ...LIMITED, options: { retryAfter: 3600 }, retryAfter: "5" },
  { upstream: "429 for a second", ...LIMITED, options: { retryAfter: 1 }, retryAfter: "1" },
  {
    ...{ upstream: "401 or 403", kind: "denied", status: 403, code: "DENIED" },
    message: "requested access to the resource is denied",
    advice: "check the name, and the credentials that this cache has for it",
  },
  {
    ...{ upstream: "a lie", kind: "lying", status: 502, ...UNAVAILABLE },
    advice: "tell those who run it",
  },
];

const WARNING =
  '299 - "served from the cache, docker.io could not be asked whether it is still current: it \\"fails\\""';
const TAG = "/v2/library/app/manifests/1";
const DIGEST = `/v2/library/app/manifests/${digest}`;
const BLOB = `/v2/library/app/blobs/${blob}`;
const TAGS = "/v2/library/app/tags/list";
const REFERRERS = `/v2/library/app/referrers/${digest}`;

async function pull(world: CacheWorld, repository: string, what: Image): Promise<void> {
  for (const child of what.children) await pull(world, repository, child);
  const targets = [
    `manifests/${what.manifest.descriptor.digest}`,
    ...what.blobs.map(({ descriptor }) => `blobs/${descriptor.digest}`),
  ];
  for (const target of targets) {
    assertEquals((await world.ask(`/v2/${repository}/${target}`)).status, 200);
  }
}

/** A world whose upstream fails as the row says, after what of the image was pulled. */
async function worldOf({ kind, options }: Row, pulled: "all" | "manifest" | "nothing") {
  const world = new CacheWorld();
  world.hub.push("library/app", image, "1");
  if (pulled !== "nothing") assertEquals((await world.ask(TAG)).status, 200);
  if (pulled === "all") await pull(world, "library/app", image);
  world.hub.asked.length = 0;
  world.hub.fail(kind, 'it "fails"', options);
  return world;
}

function assertRefused(got: FakeExchange, row: Row, what: string): void {
  const detail = `Cannot get this from docker.io: it "fails"; ${row.advice}`;
  const errors = [{ code: row.code, message: row.message, detail }];
  assertEquals(
    {
      status: got.status,
      type: got.got("content-type"),
      retryAfter: got.got("retry-after"),
      challenge: got.got("www-authenticate"),
      warning: got.got("warning"),
      body: got.text,
    },
    {
      status: row.status,
      type: "application/json",
      retryAfter: row.retryAfter,
      challenge: undefined,
      warning: undefined,
      body: got.method === "HEAD" ? "" : `${JSON.stringify({ errors })}\n`,
    },
    what,
  );
}

function assertManifest(got: FakeExchange, warning: string | undefined, what: string): void {
  assertEquals(
    {
      status: got.status,
      digest: got.got("docker-content-digest"),
      type: got.got("content-type"),
      length: got.got("content-length"),
      warning: got.got("warning"),
      bytes: got.bytes,
    },
    {
      ...{ status: 200, digest, type: mediaType, length: String(size), warning },
      bytes: got.method === "HEAD" ? new Uint8Array() : image.manifest.bytes,
    },
    what,
  );
}

for (const row of ROWS) {
  Deno.test(`${row.upstream}: what is cached is served, a tag with a warning, a digest without a question`, async () => {
    const world = await worldOf(row, "all");
    for (const method of ["GET", "HEAD"]) {
      assertManifest(await world.ask({ method, target: TAG }), WARNING, `${method} tag`);
      assertManifest(await world.ask({ method, target: DIGEST }), undefined, `${method} digest`);
      const got = await world.ask({ method, target: BLOB });
      assertEquals([got.status, got.got("warning")], [200, undefined]);
      assertEquals(got.got("content-length"), String(layer?.bytes.length));
      if (method === "GET") assertEquals(got.bytes, layer?.bytes);
    }
    const tags = await world.ask(TAGS);
    assertEquals(
      [tags.status, tags.got("warning"), tags.text],
      [200, WARNING, '{"name":"library/app","tags":["1"]}\n'],
    );
    assertEquals(world.hub.asked, [
      ...["resolve library/app:1", "resolve library/app:1", "tags library/app undefined "],
    ]);
    assertEquals(world.metrics.filter((line) => line === `stale docker.io ${row.kind}`).length, 3);
    await world.close();
  });

  Deno.test(`${row.upstream}: a tag is refused whose image is not here as a whole`, async () => {
    const world = await worldOf(row, "manifest");
    for (const method of ["GET", "HEAD"]) {
      assertRefused(await world.ask({ method, target: TAG }), row, method);
      assertManifest(await world.ask({ method, target: DIGEST }), undefined, `${method} digest`);
    }
    await world.close();
  });

  Deno.test(`${row.upstream}: what isn't cached is refused with the reason`, async () => {
    const world = await worldOf(row, "nothing");
    for (const target of [TAG, DIGEST, BLOB]) {
      for (const method of ["GET", "HEAD"]) {
        assertRefused(await world.ask({ method, target }), row, `${method} ${target}`);
      }
    }
    for (const target of [TAGS, REFERRERS]) assertRefused(await world.ask(target), row, target);
    world.hub.failure = undefined;
    const got = await world.ask(TAG); // nothing of it is remembered
    assertManifest(got, undefined, "afterwards");
    await world.close();
  });
}

Deno.test("5xx: a blob that isn't here is asked for once more, after other failures it is not", async () => {
  for (const [kind, times] of [["failing", 2], ["timeout", 1], ["limited", 1]] as const) {
    for (const [method, question] of [["HEAD", "size"], ["GET", "blob"]] as const) {
      const world = new CacheWorld();
      world.hub.fail(kind);
      await world.ask({ method, target: BLOB });
      assertEquals(world.hub.count(question), times);
      await world.close();
    }
  }
});

Deno.test("404: tag and list are gone, cached digests stay, referrers are an empty index", async () => {
  const world = await worldOf({ kind: "failing" } as Row, "all");
  world.hub.failure = undefined;
  world.hub.untag("library/app", "1");
  world.hub.manifests.clear();
  world.hub.blobs.clear();
  for (const method of ["GET", "HEAD"]) {
    const got = await world.ask({ method, target: TAG });
    const body =
      '{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown","detail":"unknown tag=1"}]}\n';
    assertEquals([got.status, got.text], [404, method === "GET" ? body : ""]);
    assertEquals(got.got("warning"), undefined);
    assertManifest(await world.ask({ method, target: DIGEST }), undefined, method);
    assertEquals((await world.ask({ method, target: BLOB })).status, 200);
  }
  const tags = await world.ask(TAGS);
  assertEquals([tags.status, JSON.parse(tags.text).errors[0].code], [404, "NAME_UNKNOWN"]);
  const referrers = await world.ask(REFERRERS);
  assertEquals([referrers.status, JSON.parse(referrers.text).manifests], [200, []]);
  // the tag is forgotten: not even a failing upstream brings it back
  world.hub.fail("unreachable");
  world.time.pass(10_000);
  assertEquals((await world.ask(TAG)).status, 502);
  await world.close();
});

Deno.test("404 of what isn't cached is a 404, remembered for ten seconds", async () => {
  const rows = [
    [TAG, "MANIFEST_UNKNOWN", "unknown tag=1"],
    [DIGEST, "MANIFEST_UNKNOWN", `unknown manifest name=library/app revision=${digest}`],
    [BLOB, "BLOB_UNKNOWN", blob],
  ] as const;
  for (const [target, code, detail] of rows) {
    const world = new CacheWorld();
    const got = await world.ask(target);
    const { message, ...error } = JSON.parse(got.text).errors[0];
    assertEquals([got.status, error, typeof message], [404, { code, detail }, "string"]);
    assertEquals((await world.ask({ method: "HEAD", target })).status, 404);
    assertEquals(world.hub.asked.length, 1);
    world.hub.push("library/app", image, "1");
    world.time.pass(9_999);
    assertEquals((await world.ask(target)).status, 404);
    assertEquals(world.hub.asked.length, 1);
    world.time.pass(1);
    assertEquals((await world.ask(target)).status, 200);
    await world.close();
  }
});

Deno.test("2xx with something else: 502 and nothing kept; a complete cached tag is served", async () => {
  for (
    const [what, lie] of [
      ["other bytes", (right) => right.map((byte) => byte ^ 1)],
      ["nothing", () => new Uint8Array()],
      ["too much", () => new Uint8Array(4 * 1024 * 1024 + 1)],
    ] as readonly [string, (right: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>][]
  ) {
    const world = new CacheWorld();
    world.hub.push("library/app", image, "1");
    world.hub.lie = lie;
    for (const target of [TAG, DIGEST]) {
      const got = await world.ask(target);
      assertEquals([got.status, JSON.parse(got.text).errors[0].code], [502, "UNAVAILABLE"], what);
    }
    const cut = await world.ask(BLOB);
    if (cut.status === 200) assertEquals([cut.destroyed, cut.bytes.length], [true, 0], what);
    else assertEquals(cut.status, 502, what); // nothing at all
    world.hub.lie = undefined;
    world.hub.asked.length = 0;
    for (const target of [DIGEST, BLOB]) assertEquals((await world.ask(target)).status, 200);
    assertEquals(world.hub.asked.length, 2, `${what}: nothing of the lie was kept`);
    await pull(world, "library/app", image);
    assertEquals((await world.ask(TAG)).status, 200);
    const next = makeImage({ layers: [100], seed: 9 });
    world.hub.push("library/app", next, "1");
    world.hub.lie = lie;
    const got = await world.ask(TAG);
    assertEquals([got.status, got.got("docker-content-digest")], [200, digest], what);
    assertEquals(got.got("warning")?.startsWith('299 - "served from the cache, docker.io'), true);
    await world.close();
  }
});

Deno.test("a manifest whose type would break a header is a lie", async () => {
  const world = new CacheWorld();
  world.hub.push("library/app", image, "1");
  const key = `library/app@${digest}`;
  const right = world.hub.manifests.get(key);
  if (right) world.hub.manifests.set(key, { ...right, mediaType: "a/b\r\nX-Evil: 1" });
  assertEquals((await world.ask(DIGEST)).status, 502);
  await world.close();
});

Deno.test("an index counts as complete when one of its platforms is", async () => {
  const [amd64] = index.children;
  if (amd64 === undefined) throw new Error("no child");
  const world = new CacheWorld();
  world.hub.push("library/app", index, "1");
  assertEquals((await world.ask(TAG)).status, 200);
  world.hub.fail("unreachable");
  assertEquals((await world.ask(TAG)).status, 502);
  world.hub.failure = undefined;
  assertEquals(
    (await world.ask(`/v2/library/app/manifests/${amd64.manifest.descriptor.digest}`)).status,
    200,
  );
  world.hub.fail("unreachable");
  assertEquals((await world.ask(TAG)).status, 502, "a child without its layers");
  world.hub.failure = undefined;
  await pull(world, "library/app", amd64);
  world.hub.fail("unreachable");
  const got = await world.ask(TAG);
  assertEquals([got.status, got.bytes], [200, index.manifest.bytes]);
  await world.close();
});

Deno.test("an ns that is not configured is 404 NAME_UNKNOWN, and nobody is asked", async () => {
  const world = new CacheWorld();
  for (const target of [TAG, DIGEST, BLOB, TAGS, REFERRERS]) {
    const got = await world.ask(`${target}?ns=quay.io`);
    assertEquals([got.status, JSON.parse(got.text).errors[0]], [404, {
      code: "NAME_UNKNOWN",
      message: "repository name not known to registry",
      detail: { name: "library/app" },
    }]);
    assertEquals(got.got("oci-namespace"), undefined);
  }
  assertEquals(world.hub.asked, []);
  await world.close();
});
