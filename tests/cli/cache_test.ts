import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { run } from "../../src/cli/run.ts";
import { RegistryError } from "../../src/oci/error.ts";
import { CachedTree } from "../support/cached_tree.ts";
import { indexOf, name, pushBlob, pushImage, sha256, tag } from "../support/content.ts";
import { FakeSystem } from "./fake_system.ts";

async function caching(tree: CachedTree, ...args: string[]) {
  const system = new FakeSystem({ files: { "c.yml": tree.config() } });
  const status = await run(["cache", ...args, "--config", "c.yml"], system);
  return { status, out: system.stdout, err: system.stderr };
}

const json = ({ out }: { out: string }) => JSON.parse(out);

const REDIS = "docker.io/library/redis";
const APP = "ghcr.io/org/app";
const DAY = "2026-01-02T03:04:05.000Z";

Deno.test("cache ls has a line for each tag and each image without one, and none of what was pushed", async () => {
  await using tree = await CachedTree.make();
  const redis = await tree.fetch(REDIS, ["layer one"], ["7", "latest"]);
  const app = await tree.fetch(APP, ["layer one", "layer two"]);
  await pushImage(tree.repository("team/own"), ["own"], ["v1"]);
  for (const [repository, digest] of [[REDIS, redis], [APP, app]] as const) {
    await tree.usedAt(repository, digest, DAY);
  }
  for (const checked of ["7", "latest"]) await tree.checkedAt(REDIS, checked, DAY);

  const { status, out } = await caching(tree, "ls");
  assertEquals(status, 0);
  const short = (digest: string) => digest.slice(0, 19);
  const size = /(\d+ B)/.exec(out)?.[1];
  const [, , , last] = out.split("\n");
  assertEquals(
    out.split("\n").slice(0, 3),
    [
      "REPOSITORY               TAG     DIGEST               SIZE   LAST USE              CHECKED",
      `${REDIS}  7       ${short(redis)}  ${size}  2026-01-02 03:04:05Z  2026-01-02 03:04:05Z`,
      `${REDIS}  latest  ${short(redis)}  ${size}  2026-01-02 03:04:05Z  2026-01-02 03:04:05Z`,
    ],
  );
  assertMatch(
    last ?? "",
    new RegExp(`^${APP} +- +${short(app)} +\\d+ B +2026-01-02 03:04:05Z +-$`),
  );

  const { images } = json(await caching(tree, "ls", "--json"));
  const manifest = await tree.repository(APP).manifests.get({ kind: "digest", digest: app });
  assertEquals(images.length, 3);
  assertEquals(images[2], {
    repository: APP,
    tag: null,
    digest: app,
    kind: "image",
    bytes: manifest.bytes.length + "{}".length + "layer one".length + "layer two".length,
    lastUse: DAY,
    checked: null,
  });
});

Deno.test("the size of an index has children in it, those too that another index shares", async () => {
  await using tree = await CachedTree.make();
  await tree.noteFetched(APP);
  const { manifests } = tree.repository(APP);
  const child = await tree.fetch(APP, ["a layer of twenty by"]);
  const bytesOf = async (digest: typeof child) =>
    (await manifests.get({ kind: "digest", digest })).bytes.length;
  const one = await manifests.put({ ...indexOf([child]), tags: [tag("one")] });
  const two = await manifests.put({ ...indexOf([child], { annotations: { a: "b" } }), tags: [] });
  const { images } = json(await caching(tree, "ls", "--json"));
  const below = await bytesOf(child) + 2 + 20;
  assertEquals(
    Object.fromEntries(
      images.map(({ digest, bytes }: { digest: string; bytes: number }) => [digest, bytes]),
    ),
    {
      [one.digest]: below + await bytesOf(one.digest),
      [two.digest]: below + await bytesOf(two.digest),
    },
  );
});

Deno.test("cache ls makes nothing look used", async () => {
  await using tree = await CachedTree.make();
  const redis = await tree.fetch(REDIS, ["a"], ["7"]);
  await tree.usedAt(REDIS, redis, DAY);
  for (const task of ["ls", "stats"]) await caching(tree, task);
  await caching(tree, "rm", "--dry-run", REDIS);
  assertEquals(json(await caching(tree, "ls", "--json")).images[0].lastUse, DAY);
});

Deno.test("cache ls of an empty or missing folder says so", async () => {
  await using tree = await CachedTree.make();
  assertEquals(await caching(tree, "ls"), {
    ...{ status: 0, out: "", err: `Nothing is cached in ${tree.root}\n` },
  });
  assertEquals(json(await caching(tree, "ls", "--json")), { images: [] });
  await assertRejects(() => Deno.stat(tree.root), Deno.errors.NotFound);
});

Deno.test("cache rm forgets a repository, frees what nobody else needs, and a server beside it sees that", async () => {
  await using tree = await CachedTree.make();
  const redis = await tree.fetch(REDIS, ["shared", "of redis"], ["7", "8"]);
  const app = await tree.fetch(APP, ["shared"], ["v1"]);
  const own = await pushImage(tree.repository("team/own"), ["of redis"], ["v1"]);
  const { bytes } = await tree.repository(REDIS).manifests.get({ kind: "digest", digest: redis });

  const dry = await caching(tree, "rm", "--dry-run", REDIS);
  const lines = `would forget ${REDIS}:7\nwould forget ${REDIS}:8\n1 image, ${bytes.length} B`;
  assertEquals([dry.status, dry.out], [0, `${lines} would become free\n`]);
  assertEquals(await tree.hasBlob(redis), true);

  const { status, out } = await caching(tree, "rm", "docker.io/**");
  assertEquals(status, 0);
  assertEquals(out, dry.out.replaceAll("would forget", "forgot").replace("would become", "became"));
  assertEquals(await tree.hasBlob(redis), false);
  for (const kept of [app, own, await sha256("shared"), await sha256("of redis")]) {
    assertEquals(await tree.hasBlob(kept), true);
  }
  const fresh = await caching(tree, "ls", "--json");
  assertEquals(json(fresh).images.map(({ digest }: { digest: string }) => digest), [app]);
});

Deno.test("cache rm of one tag of several leaves the image, and the last one takes it", async () => {
  await using tree = await CachedTree.make();
  const redis = await tree.fetch(REDIS, ["a"], ["7", "latest"]);
  const first = await caching(tree, "rm", `${REDIS}:latest`, "--json");
  assertEquals(json(first), {
    ...{ dryRun: false, removed: [`${REDIS}:latest`], images: 0, bytes: 0 },
  });
  assertEquals(await tree.hasBlob(redis), true);
  const { images } = json(await caching(tree, "ls", "--json"));
  assertEquals(images.map((line: { tag: string }) => line.tag), ["7"]);
  assertEquals(json(await caching(tree, "rm", `${REDIS}:?`, "--json")).images, 1);
  assertEquals(await tree.hasBlob(redis), false);
});

Deno.test("a tag on a part of an index goes alone", async () => {
  await using tree = await CachedTree.make();
  const child = await tree.fetch(APP, ["a"], ["amd64"]);
  const { manifests } = tree.repository(APP);
  const index = await manifests.put({ ...indexOf([child]), tags: [] });
  const { removed, images } = json(await caching(tree, "rm", `${APP}:amd64`, "--json"));
  assertEquals([removed, images], [[`${APP}:amd64`], 0]);
  assertEquals([await tree.hasBlob(child), await tree.hasBlob(index.digest)], [true, true]);
  const byDigest = json(
    await caching(tree, "rm", `${APP}@${index.digest.slice(0, 20)}*`, "--json"),
  );
  assertEquals(byDigest.removed, [`${APP}@${index.digest}`]);
  assertEquals([await tree.hasBlob(child), await tree.hasBlob(index.digest)], [false, false]);
});

Deno.test("cache rm never takes what was pushed, whatever the pattern", async () => {
  await using tree = await CachedTree.make();
  const own = await pushImage(tree.repository("team/own"), ["own"], ["v1"]);
  await tree.fetch(REDIS, ["a"], ["7"]);
  assertEquals((await caching(tree, "rm", "**")).status, 0);
  const there = await tree.repository("team/own").manifests.get({ kind: "tag", tag: tag("v1") });
  assertEquals(there.digest, own);
  assertEquals(await tree.hasBlob(await sha256("own")), true);
  const none = await caching(tree, "rm", "team/**");
  assertEquals([none.status, none.err], [1, "Nothing in the cache matches team/**\n"]);
});

Deno.test("cache rm takes what matches when another pattern matches nothing, and exits 1", async () => {
  await using tree = await CachedTree.make();
  const redis = await tree.fetch(REDIS, ["a"], ["7"]);
  const { status, err } = await caching(tree, "rm", "quay.io/**", REDIS);
  assertEquals([status, err], [1, "Nothing in the cache matches quay.io/**\n"]);
  assertEquals(await tree.hasBlob(redis), false);
});

Deno.test("two cache rm at once, beside a server that fetches the same again, leave a whole image or none", async () => {
  await using tree = await CachedTree.make();
  for (let round = 0; round < 5; round++) {
    const layers = [`one ${round}`, `two ${round}`];
    await tree.fetch(REDIS, layers, ["7"]);
    const [pushed] = await Promise.all([
      // refused when a blob went between its upload and the manifest: the client pushes again
      pushImage(tree.repository(REDIS), layers, ["7"]).catch((error) => {
        if (!(error instanceof RegistryError)) throw error;
      }),
      caching(tree, "rm", REDIS),
      caching(tree, "rm", "**"),
    ]);
    const { images } = json(await caching(tree, "ls", "--json"));
    const isThere = images.some(({ digest }: { digest: string }) => digest === pushed);
    const { blobs } = tree.repository(REDIS);
    for (const layer of isThere ? layers : []) await blobs.stat(await sha256(layer));
    assertEquals((await caching(tree, "rm", "**")).err.includes("left out"), false);
    assertEquals(json(await caching(tree, "ls", "--json")), { images: [] });
  }
});

Deno.test("a blob that no manifest names has a line of its own and can be removed", async () => {
  await using tree = await CachedTree.make();
  await tree.noteFetched(APP);
  await pushBlob(tree.repository(APP), "alone");
  const digest = await sha256("alone");
  const [line] = json(await caching(tree, "ls", "--json")).images;
  assertEquals([line.kind, line.digest, line.bytes], ["blob", digest, 5]);
  assertStringIncludes((await caching(tree, "ls")).out, "(blob)");
  assertEquals(json(await caching(tree, "rm", `${APP}@${digest}`, "--json")).bytes, 5);
  assertEquals(await tree.hasBlob(digest), false);
});

Deno.test("a repository whose manifest is broken is left out with a warning, the others are shown", async () => {
  await using tree = await CachedTree.make();
  await tree.spoil(await tree.fetch(APP, ["a"], ["v1"]));
  const redis = await tree.fetch(REDIS, ["b"], ["7"]);
  for (const task of [["ls"], ["stats"], ["rm", "--dry-run", "**"]]) {
    const { status, err, out } = await caching(tree, ...task);
    assertEquals(status, 1);
    assertMatch(err, /^warning: ghcr\.io\/org\/app is left out: .*its bytes have another digest/);
    assertStringIncludes(out, task[0] === "stats" ? "total " : "redis");
  }
  assertEquals(await tree.hasBlob(redis), true);
});

Deno.test("cache stats counts what is shared once, and not what was pushed as well", async () => {
  await using tree = await CachedTree.make();
  const redis = await tree.fetch(REDIS, ["shared", "of redis"], ["7", "8"]);
  const app = await tree.fetch(APP, ["shared"], ["v1"]);
  await pushImage(tree.repository("team/own"), ["of redis"], ["v1"]);
  await tree.usedAt(REDIS, redis, DAY);
  await tree.usedAt(APP, app, "2025-01-02T00:00:00Z");
  const { upstreams, total, maxsize } = json(await caching(tree, "stats", "--json"));
  const size = async (repository: string, digest: typeof app) =>
    (await tree.repository(repository).manifests.get({ kind: "digest", digest })).bytes.length;
  const bytes = await size(REDIS, redis) + await size(APP, app) + "shared".length;
  // the configuration has no upstreams
  assertEquals(upstreams.map(({ upstream }: { upstream: string }) => upstream), ["-"]);
  const counts = { repositories: 2, images: 2, tags: 3, blobs: 3 };
  assertEquals(total, { ...counts, bytes, oldestUse: "2025-01-02T00:00:00.000Z" });
  assertEquals(maxsize, null);
  const text = (await caching(tree, "stats")).out;
  assertMatch(text, /^UPSTREAM +REPOSITORIES .*\n- .*\ntotal +2 +2 +3 +3 +/);
});

/** The command line, the status, and a part of what is said. */
const LINES: readonly (readonly [string[], number, string])[] = [
  [[], 2, "Expected one of ls, rm, stats, prefetch\n\nUsage:\n  berth cache ls|rm|"],
  [["xyzzy"], 2, "Unknown subcommand xyzzy\n"],
  [["statts"], 2, "Unknown subcommand statts, did you mean stats?\n"],
  [["ls", "x"], 2, "Expected nothing, found x\n"],
  [["stats", "x"], 2, "Expected nothing, found x\n"],
  [["ls", "--jsn"], 2, "Unknown flag --jsn, did you mean --json?\n"],
  [["ls", "--dry-run"], 2, "Unknown flag --dry-run"],
  [["rm"], 2, "Expected at least one pattern"],
  [["rm", ":tag"], 2, 'Found ":tag", expected a pattern such as'],
  [["rm", "a:"], 2, 'Found "a:", expected a pattern'],
  [["rm", "a:b@c"], 2, "expected a pattern"],
  [["ls", "--config", "none.yml"], 1, "Cannot read the configuration none.yml"],
  [["ls", "--config", "memory.yml"], 1, "Cannot look into the cache: its storage is inmemory"],
  [["rm", "x", "--config", "readonly.yml"], 1, "storage.maintenance.readonly is enabled"],
  [["ls", "--config", "bad.yml"], 1, "configuration error: 1 problem\n"],
];

for (const [args, status, said] of LINES) {
  Deno.test(`cache ${args.join(" ")} ends with ${status}`, async () => {
    const files = {
      "memory.yml": "version: 0.1\nstorage: inmemory\nhttp: {addr: ':5000'}\n",
      "readonly.yml": "version: 0.1\nstorage: {filesystem: {rootdirectory: /nowhere}, " +
        "maintenance: {readonly: {enabled: true}}}\nhttp: {addr: ':5000'}\n",
      "bad.yml": "version: 0.1\nstorage: inmemory\nhttp: {addr: 5000}\n",
    };
    const system = new FakeSystem({ files });
    assertEquals(await run(["cache", ...args], system), status);
    assertStringIncludes(system.stderr, said);
    assertEquals(system.stdout, "");
  });
}

Deno.test("names of the tree that are no repositories are no harm", async () => {
  await using tree = await CachedTree.make();
  await tree.fetch(REDIS, ["a"], ["7"]);
  const repositories = `${tree.root}/docker/registry/v2/repositories`;
  await Deno.mkdir(`${repositories}/Not A Name/_manifests`, { recursive: true });
  await Deno.writeTextFile(`${repositories}/docker.io/library/stray`, "x");
  assertEquals(json(await caching(tree, "ls", "--json")).images.length, 1);
  assertEquals(name(REDIS), REDIS);
});
