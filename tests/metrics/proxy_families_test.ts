import { assert, assertEquals } from "@std/assert";
import { openCache } from "../../src/app_cache.ts";
import { readAll } from "../../src/async/byte_source.ts";
import { parseDigest } from "../../src/oci/digest.ts";
import type { CacheMetrics } from "../../src/proxy/cache_metrics.ts";
import type { EvictionMetrics } from "../../src/proxy/eviction_metrics.ts";
import type { FillMetrics } from "../../src/proxy/fill_metrics.ts";
import type { UpstreamMetrics } from "../../src/proxy/upstream_metrics.ts";
import { LocalRegistry } from "../../src/registry/local_registry.ts";
import { STRICT } from "../../src/registry/manifest_policy.ts";
import { MemoryDriver } from "../../src/storage/memory.ts";
import { CacheWorld } from "../support/cache_world.ts";
import { name, tag } from "../support/content.ts";
import { eventually } from "../support/eventually.ts";
import { type Exposition, valueOf } from "../support/exposition.ts";
import { makeImage } from "../support/images.ts";
import { Metered } from "../support/prometheus.ts";
import { RecordedLog } from "../support/recorded_log.ts";
import { ScriptedServer } from "../support/scripted_server.ts";
import { BASE, configOf } from "../config/load.ts";

const image = makeImage({ layers: [100, 200] });
const manifest = image.manifest.descriptor;
const blob = image.blobs[1]?.descriptor ?? { digest: "", size: 0 };

/** requests, hits, misses, pulled bytes, pushed bytes. */
function pullsOf(seen: Exposition, type: "blob" | "manifest"): (number | undefined)[] {
  return ["requests", "hits", "misses", "pulled_bytes", "pushed_bytes"]
    .map((what) => valueOf(seen, `registry_proxy_${what}_total`, { type }));
}

function cacheWorld({ prometheus }: Metered): CacheWorld {
  const { cache: metrics, fills: fillMetrics } = prometheus.proxy;
  const world = new CacheWorld({ parts: { metrics, fillMetrics } });
  world.hub.push("library/app", image, "1");
  return world;
}

Deno.test("what distribution counts of its proxy is there at 0, and of upstreams nothing, without a cache", async () => {
  await using metered = await Metered.open();
  const seen = await metered.read();
  assertEquals(pullsOf(seen, "blob"), [0, 0, 0, 0, 0]);
  assertEquals(pullsOf(seen, "manifest"), [0, 0, 0, 0, 0]);
  const ours = seen.series.filter(({ name }) => /^berth_(upstream|fill|cache)/.test(name));
  assertEquals(ours.map(({ name, value }) => [name, value]), [["berth_fill_sharers_total", 0]]);
});

Deno.test("a manifest's first pull is a miss that is pulled and pushed, the next a hit that is pushed", async () => {
  await using metered = await Metered.open();
  const world = cacheWorld(metered);
  const path = "/v2/library/app/manifests/";
  const { size } = manifest;
  assertEquals((await world.ask(`${path}1`)).status, 200);
  assertEquals(pullsOf(await metered.read(), "manifest"), [1, 0, 1, size, size]);
  assertEquals((await world.ask(`${path}1`)).status, 200);
  assertEquals(pullsOf(await metered.read(), "manifest"), [2, 1, 1, size, 2 * size]);
  assertEquals((await world.ask({ method: "HEAD", target: path + manifest.digest })).status, 200);
  assertEquals(pullsOf(await metered.read(), "manifest"), [3, 2, 1, size, 3 * size]);
  await world.close();
});

Deno.test("a blob's first pull is a miss and a fill, the next a hit", async () => {
  await using metered = await Metered.open();
  const world = cacheWorld(metered);
  const path = `/v2/library/app/blobs/${blob.digest}`;
  const { size } = blob;
  const labels = { upstream: "docker.io", outcome: "kept" };
  assertEquals((await world.ask(path)).status, 200);
  await eventually(
    "it is kept",
    async () => valueOf(await metered.read(), "berth_fills_total", labels) === 1,
  );
  assertEquals(pullsOf(await metered.read(), "blob"), [1, 0, 1, size, size]);
  assertEquals((await world.ask(path)).status, 200);
  const seen = await metered.read();
  assertEquals(pullsOf(seen, "blob"), [2, 1, 1, size, 2 * size]);
  assertEquals(valueOf(seen, "berth_fill_bytes_total", { upstream: "docker.io" }), size);
  await world.close();
});

Deno.test("what upstream does not have, or does not give, is neither hit nor miss", async () => {
  await using metered = await Metered.open();
  const world = cacheWorld(metered);
  const absent = `sha256:${"0".repeat(64)}`;
  for (const path of ["manifests/no", `manifests/${absent}`, `blobs/${absent}`]) {
    assertEquals((await world.ask(`/v2/library/app/${path}`)).status, 404);
  }
  world.hub.fail("denied");
  for (const path of [`manifests/${manifest.digest}`, `blobs/${blob.digest}`]) {
    assert((await world.ask(`/v2/library/app/${path}`)).status >= 400);
  }
  world.hub.failure = undefined;
  world.hub.lie = (right) => right.map((byte) => byte ^ 1);
  assert((await world.ask(`/v2/library/app/manifests/${manifest.digest}`)).status >= 400);
  const seen = await metered.read();
  for (const type of ["blob", "manifest"] as const) {
    assertEquals(pullsOf(seen, type).slice(0, 3), [0, 0, 0]);
  }
  assertEquals(pullsOf(seen, "manifest").slice(3), [0, 0]);
  await world.close();
});

Deno.test("stale answers are counted by upstream and reason, and sharers of a fill all together", async () => {
  await using metered = await Metered.open();
  const world = cacheWorld(metered);
  for (const path of ["manifests/1", ...image.blobs.map((it) => `blobs/${it.descriptor.digest}`)]) {
    assertEquals((await world.ask(`/v2/library/app/${path}`)).status, 200);
  }
  world.hub.fail("limited");
  assertEquals((await world.ask("/v2/library/app/manifests/1")).status, 200);
  world.hub.failure = undefined;
  const other = makeImage({ seed: 2, layers: [50] }).blobs[1];
  assert(other);
  world.hub.blobs.set(`library/app@${other.descriptor.digest}`, other.bytes);
  const held = Promise.withResolvers<void>();
  world.hub.hold = held.promise;
  const pulls = [1, 2, 3].map(() => world.ask(`/v2/library/app/blobs/${other.descriptor.digest}`));
  const sharers = async () => valueOf(await metered.read(), "berth_fill_sharers_total");
  await eventually("all three have come", async () => await sharers() === 2);
  held.resolve();
  await Promise.all(pulls);
  const labels = { upstream: "docker.io", reason: "limited" };
  assertEquals(valueOf(await metered.read(), "berth_cache_stale_total", labels), 1);
  await world.close();
});

Deno.test("an upstream's series are there before it is asked, but for a limit that it has not told", async () => {
  await using metered = await Metered.open();
  metered.prometheus.proxy.upstream("docker.io");
  const seen = await metered.read();
  const upstream = "docker.io";
  const rows = [
    ["berth_upstream_breaker_open", {}],
    ["berth_upstream_failures_total", { kind: "timeout" }],
    ["berth_cache_stale_total", { reason: "timeout" }],
    ["berth_fills_total", { outcome: "kept" }],
    ["berth_fill_bytes_total", {}],
  ] as const;
  for (const [family, labels] of rows) {
    assertEquals(valueOf(seen, family, { upstream, ...labels }), 0, family);
  }
  assertEquals(valueOf(seen, "berth_cache_evictions_total", { reason: "ttl" }), 0);
  assertEquals(valueOf(seen, "berth_upstream_ratelimit_remaining", { upstream }), undefined);
  assertEquals(valueOf(seen, "berth_cache_bytes"), undefined);
});

Deno.test("questions, failures, breaker and limit are known of each upstream", async () => {
  await using metered = await Metered.open();
  const { proxy } = metered.prometheus;
  const hub: UpstreamMetrics = proxy.upstream("docker.io");
  const quay: UpstreamMetrics = proxy.upstream("quay.io");
  hub.answered("manifest", 200, 20);
  hub.answered("manifest", 206, 200);
  hub.answered("manifest", 429, NaN);
  hub.failed("manifest", "limited");
  hub.breaker(true);
  hub.rateLimit({ limit: 100, remaining: 7 });
  quay.credentialsRefused();
  const seen = await metered.read();
  const upstream = "docker.io";
  const asked = { upstream, question: "manifest" };
  const requests = (status: string) =>
    valueOf(seen, "berth_upstream_requests_total", { ...asked, status });
  assertEquals([requests("2xx"), requests("4xx"), requests("5xx")], [2, 1, undefined]);
  const duration = "berth_upstream_request_duration_seconds";
  assertEquals(valueOf(seen, `${duration}_bucket`, { ...asked, le: "0.025" }), 2);
  assertEquals(valueOf(seen, `${duration}_sum`, asked), 0.22);
  const failures = (name: string, kind: string) =>
    valueOf(seen, "berth_upstream_failures_total", { upstream: name, kind });
  assertEquals([failures("docker.io", "limited"), failures("quay.io", "limited")], [1, 0]);
  assertEquals(failures("quay.io", "credentials"), 1);
  const each = (family: string) =>
    ["docker.io", "quay.io"].map((name) => valueOf(seen, family, { upstream: name }));
  assertEquals(each("berth_upstream_breaker_open"), [1, 0]);
  assertEquals(each("berth_upstream_ratelimit_remaining"), [7, undefined]);
  hub.breaker(false);
  assertEquals(valueOf(await metered.read(), "berth_upstream_breaker_open", { upstream }), 0);
});

Deno.test("an upstream that answers any status makes no series for each", async () => {
  await using metered = await Metered.open();
  const upstream = metered.prometheus.proxy.upstream('a "b"\\\n');
  for (let status = 0; status < 2_000; status++) upstream.answered("blob", status, 1);
  upstream.answered("blob", NaN, 1);
  const { series } = await metered.read();
  const requests = series.filter(({ name }) => name === "berth_upstream_requests_total");
  assertEquals(requests.map(({ labels }) => labels["status"]), [
    ...["unknown", "1xx", "2xx", "3xx", "4xx", "5xx"],
  ]);
  assertEquals(requests[0]?.labels["upstream"], 'a "b"\\\n');
});

Deno.test("what was evicted is counted in images and bytes, and the size follows", async () => {
  await using metered = await Metered.open();
  const eviction: EvictionMetrics = metered.prometheus.proxy.eviction;
  eviction.size(1_000);
  eviction.evicted("maxsize", 3, 400);
  eviction.evicted("maxsize", 1, -5);
  eviction.evicted("ttl", 0, 0);
  eviction.size(600);
  const seen = await metered.read();
  const of = (family: string, reason: string) => valueOf(seen, family, { reason });
  assertEquals(of("berth_cache_evictions_total", "maxsize"), 4);
  assertEquals(of("berth_cache_evicted_bytes_total", "maxsize"), 400);
  assertEquals(of("berth_cache_evictions_total", "ttl"), 0);
  assertEquals(valueOf(seen, "berth_cache_bytes"), 600);
});

Deno.test("manifests that the storage would not take, and fills by their outcome", async () => {
  await using metered = await Metered.open();
  const { proxy } = metered.prometheus;
  const cache: CacheMetrics = proxy.cache;
  const fills: FillMetrics = proxy.fills;
  cache.unkept("docker.io");
  fills.ended("docker.io", "failed", 10, 1);
  fills.ended("docker.io", "failed", NaN, 1);
  fills.ended("quay.io", "abandoned", 5, 1);
  const seen = await metered.read();
  const upstream = "docker.io";
  assertEquals(valueOf(seen, "berth_cache_unkept_total", { upstream }), 1);
  assertEquals(valueOf(seen, "berth_fills_total", { upstream, outcome: "failed" }), 2);
  assertEquals(valueOf(seen, "berth_fill_bytes_total", { upstream }), 10);
  assertEquals(pullsOf(seen, "blob"), [0, 0, 0, 15, 0]);
});

Deno.test("a cache that is opened with metrics tells all of them, and minds its bounds and failures all the same", async () => {
  await using metered = await Metered.open();
  await using server = ScriptedServer.start(({ target }) =>
    target.includes("/manifests/")
      ? {
        headers: {
          "content-type": manifest.mediaType,
          "docker-content-digest": manifest.digest,
          ...{ "ratelimit-limit": "100;w=21600", "ratelimit-remaining": "42;w=21600" },
        },
        body: image.manifest.bytes,
      }
      : { body: image.blobs.find((it) => target.endsWith(it.descriptor.digest))?.bytes ?? "" }
  );
  const upstream = "up.example";
  const text =
    `${BASE}proxy: {maxsize: 1MB, upstreams: [{namespace: ${upstream}, remoteurl: '${server.url}'}]}\n`;
  const driver = new MemoryDriver();
  const local = new LocalRegistry({ driver, policy: STRICT, clock: { now: Date.now } });
  const logger = new RecordedLog();
  const metrics = metered.prometheus.proxy;
  const cache = await openCache(configOf(text), { driver, local, logger, metrics });
  assert(cache);
  const repository = cache.registry.repository(name(`${upstream}/app`));
  const manifestByTag = () => repository.manifests.get({ kind: "tag", tag: tag("1") });
  const seen = (family: string, labels: Record<string, string> = {}) =>
    metered.read().then((exposition) => valueOf(exposition, family, labels));
  try {
    await eventually("it is counted", async () => await seen("berth_cache_bytes") === 0);
    await manifestByTag();
    for (const { descriptor } of image.blobs) {
      const { source } = await repository.blobs.open(parseDigest(descriptor.digest));
      await readAll(source);
      source.close();
    }
    const kept = { upstream, outcome: "kept" };
    const blobs = image.blobs.reduce((sum, { bytes }) => sum + bytes.length, 0);
    await eventually("all is kept", async () => await seen("berth_fills_total", kept) === 3);
    assertEquals(await seen("berth_cache_bytes"), blobs);
    assertEquals(await seen("berth_upstream_ratelimit_remaining", { upstream }), 42);
    server.script = () => ({ status: 503 });
    const isOpen = () => seen("berth_upstream_breaker_open", { upstream });
    await eventually("the breaker is open", async () => {
      await manifestByTag();
      return await isOpen() === 1;
    });
    assertEquals(await seen("berth_upstream_failures_total", { upstream, kind: "failing" }), 5);
    assertEquals(await seen("berth_cache_stale_total", { upstream, reason: "failing" }), 5);
    const labels = { upstream, question: "manifest", status: "5xx" };
    assertEquals(await seen("berth_upstream_requests_total", labels), 5);
  } finally {
    await cache.close();
    await local.close();
    await driver.close();
  }
});
