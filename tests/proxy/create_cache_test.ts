import { assertEquals, assertThrows } from "@std/assert";
import type { Upstream } from "../../src/proxy/upstream.ts";
import { createCache } from "../../src/proxy/create_cache.ts";
import { NO_CACHE_METRICS } from "../../src/proxy/cache_metrics.ts";
import { NO_FILL_METRICS } from "../../src/proxy/fill_metrics.ts";
import { LocalRegistry } from "../../src/registry/local_registry.ts";
import { STRICT } from "../../src/registry/manifest_policy.ts";
import { MemoryDriver } from "../../src/storage/memory.ts";
import { name } from "../support/content.ts";
import { FakeUpstream } from "../support/fake_upstream.ts";
import { ManualTime } from "../support/manual_time.ts";
import { RecordedLog } from "../support/recorded_log.ts";

interface Place {
  readonly namespace: string;
  readonly remoteurl: string;
  readonly library?: boolean;
}

function make(upstreams: readonly Place[], open?: (name: string) => Upstream) {
  const time = new ManualTime();
  const local = new LocalRegistry({ driver: new MemoryDriver(), policy: STRICT, clock: time });
  const settings = { ttl: 0, tagfreshness: 0, hosts: [], library: false, allow: [], deny: [] };
  return createCache({ upstreams: upstreams.map((place) => ({ ...settings, ...place })) }, {
    ...{ local, store: local.cache, clock: time, logger: new RecordedLog() },
    ...{ metrics: NO_CACHE_METRICS, fillMetrics: NO_FILL_METRICS },
    ...(open && { open: ({ name }) => open(name) }),
  });
}

const HUB = "https://registry-1.docker.io";

Deno.test("an upstream is called by its namespace, the root by its host, Docker Hub docker.io", () => {
  const rows = [
    ["", HUB, "docker.io"],
    ["", "http://mirror.example:5000/base", "mirror.example:5000"],
    ["quay.io", "https://quay.example", "quay.io"],
  ] as const;
  for (const [namespace, remoteurl, expected] of rows) {
    const { upstreams } = make([{ namespace, remoteurl }], (text) => new FakeUpstream(text));
    assertEquals(upstreams.map(({ upstream }) => upstream.name), [expected]);
  }
});

Deno.test("ns names the root by its host, and by docker.io when it is Docker Hub or a mirror of it", () => {
  const ghcr = { namespace: "ghcr.io", remoteurl: "https://ghcr.io" };
  const rows = [
    [[{ namespace: "", remoteurl: HUB, library: true }], "docker.io", "library/redis"],
    [
      [{ namespace: "", remoteurl: HUB, library: true }, ghcr],
      "registry-1.docker.io",
      "library/redis",
    ],
    [
      [{ namespace: "", remoteurl: "http://m.example", library: true }],
      "docker.io",
      "library/redis",
    ],
    [[{ namespace: "", remoteurl: "https://quay.io" }], "docker.io", undefined],
    [[{ namespace: "", remoteurl: "https://quay.io" }], "quay.io", "redis"],
    [
      [
        { namespace: "", remoteurl: HUB, library: true },
        { namespace: "docker.io", remoteurl: "https://mirror.example" },
      ],
      ...["docker.io", "docker.io/redis"],
    ],
    [
      [
        { namespace: "docker.io", remoteurl: "https://mirror.example" },
        { namespace: "", remoteurl: HUB, library: true },
      ],
      ...["docker.io", "docker.io/redis"],
    ],
    [[ghcr], "docker.io", undefined],
  ] as const;
  for (const [upstreams, ns, expected] of rows) {
    const cache = make(upstreams, (text) => new FakeUpstream(text));
    const found = cache.names({ name: name("redis"), ns, host: undefined });
    assertEquals(found?.name as string | undefined, expected, ns);
    assertEquals(found?.namespace, expected === undefined ? undefined : ns);
  }
});

Deno.test("when one upstream cannot be made, those before it are closed", () => {
  const made: FakeUpstream[] = [];
  const upstreams = ["a.io", "b.io"].map((namespace) => ({ namespace, remoteurl: HUB }));
  assertThrows(
    () =>
      make(upstreams, (text) => {
        if (text === "b.io") throw new Error("Cannot read the CA");
        const upstream = new FakeUpstream(text);
        made.push(upstream);
        return upstream;
      }),
    Error,
    "Cannot read the CA",
  );
  assertEquals(made.map(({ closed }) => closed), [true]);
});

Deno.test("it opens real clients, which connect to nothing", async () => {
  const cache = make([{ namespace: "", remoteurl: HUB, library: true }]);
  assertEquals(cache.upstreams.length, 1);
  await cache.close();
});
