import { assert, assertEquals } from "@std/assert";
import type { HandlerName, RequestFigures } from "../../src/metrics/metrics.ts";
import { type Exposition, typeOf, valueOf } from "../support/exposition.ts";
import { Metered } from "../support/prometheus.ts";

const HANDLERS: readonly HandlerName[] = [
  "base",
  "blob",
  "blob_upload",
  "blob_upload_chunk",
  "catalog",
  "manifest",
  "referrers",
  "tags",
];

const OK: RequestFigures = {
  method: "GET",
  status: 200,
  seconds: 0.003,
  requestBytes: 0,
  responseBytes: 2_000,
};

/** Asserts that counters did not fall, and that nothing is negative. */
function assertRising(before: Exposition, after: Exposition): void {
  for (const { name, labels, value } of after.series) {
    const old = valueOf(before, name, labels) ?? 0;
    assert(value >= 0, `${name} is ${value}`);
    const type = typeOf(name, after.types);
    if (type !== "gauge") assert(value >= old, `${name} fell from ${old} to ${value}`);
  }
}

Deno.test("requests are counted by handler, method in lower case, and code", async () => {
  await using metered = await Metered.open();
  const { metrics } = metered;
  for (const status of [200, 200, 404]) {
    metrics.requestStarted("manifest");
    metrics.requestEnded("manifest", { ...OK, status });
  }
  metrics.requestStarted("blob");
  const seen = await metered.read();
  const labels = { handler: "manifest", method: "get" };
  assertEquals(valueOf(seen, "registry_http_requests_total", { ...labels, code: "200" }), 2);
  assertEquals(valueOf(seen, "registry_http_requests_total", { ...labels, code: "404" }), 1);
  assertEquals(valueOf(seen, "registry_http_request_duration_seconds_count", labels), 3);
  const upTo = (le: string) =>
    valueOf(seen, "registry_http_request_duration_seconds_bucket", { ...labels, le });
  assertEquals([upTo("0.005"), upTo("60"), upTo("+Inf")], [3, 3, 3]);
  const handler = "manifest";
  assertEquals(valueOf(seen, "registry_http_response_size_bytes_sum", { handler }), 6_000);
  assertEquals(
    HANDLERS.map((name) => valueOf(seen, "registry_http_in_flight_requests", { handler: name })),
    [0, 1, 0, 0, 0, 0, 0, 0],
  );
});

Deno.test("before the first request every handler is there, at 0, and nothing else of http", async () => {
  await using metered = await Metered.open();
  const seen = await metered.read();
  const http = seen.series.filter(({ name }) => name.startsWith("registry_http_"));
  assertEquals(
    http.map(({ name, labels, value }) => [name, labels["handler"], value]),
    HANDLERS.map((handler) => ["registry_http_in_flight_requests", handler, 0]),
  );
});

Deno.test("made-up methods are one series", async () => {
  await using metered = await Metered.open();
  const end = (method: string) => metered.metrics.requestEnded("base", { ...OK, method });
  end("GET");
  const before = (await metered.read()).series.length;
  end("X");
  const one = (await metered.read()).series.length;
  for (let i = 0; i < 10_000; i++) end(`X${i}"\n\\{}`);
  end("get"); // methods are case-sensitive (RFC 9110 section 9.1)
  const seen = await metered.read();
  assertEquals(seen.series.length, one);
  assert(one > before);
  const labels = { handler: "base", method: "unknown", code: "200" };
  assertEquals(valueOf(seen, "registry_http_requests_total", labels), 10_002);
});

Deno.test("uploaded and downloaded are the bytes of blobs and manifests that were moved", async () => {
  await using metered = await Metered.open();
  const end = (handler: HandlerName, figures: Partial<RequestFigures>) =>
    metered.metrics.requestEnded(handler, { ...OK, responseBytes: 0, ...figures });
  end("blob_upload", { method: "POST", requestBytes: 1 });
  end("blob_upload_chunk", { method: "PATCH", requestBytes: 10 });
  end("manifest", { method: "PUT", requestBytes: 100, responseBytes: 5 });
  end("blob", { status: 206, responseBytes: 1_000 });
  end("manifest", { responseBytes: 10_000 });
  end("blob", { status: 404, responseBytes: 77 });
  end("tags", { responseBytes: 77 });
  end("blob", { method: "DELETE", responseBytes: 77, requestBytes: 77 });
  end("blob", { responseBytes: NaN });
  end("blob_upload", { requestBytes: -5 });
  const seen = await metered.read();
  assertEquals(valueOf(seen, "berth_uploaded_bytes_total"), 111);
  assertEquals(valueOf(seen, "berth_downloaded_bytes_total"), 11_000);
});

Deno.test("an end without a start leaves nothing negative", async () => {
  await using metered = await Metered.open();
  const before = await metered.read();
  metered.metrics.requestEnded("tags", {
    ...OK,
    seconds: NaN,
    requestBytes: -1,
    responseBytes: -1,
  });
  const seen = await metered.read();
  assertRising(before, seen);
  assertEquals(valueOf(seen, "registry_http_in_flight_requests", { handler: "tags" }), 0);
});

Deno.test("counters do not fall while they are read and written at once", async () => {
  await using metered = await Metered.open();
  const { metrics } = metered;
  let before = await metered.read();
  for (let round = 0; round < 20; round++) {
    const reading = [metered.read(), metered.read()];
    for (const handler of HANDLERS) {
      metrics.requestStarted(handler);
      metrics.requestEnded(handler, { ...OK, seconds: round / 7, responseBytes: round * 1e6 });
      metrics.storageAction("Stat", round / 1000);
      metrics.cacheLookup(round % 2 === 0);
      metrics.credentials("wrong");
    }
    for (const after of await Promise.all(reading)) {
      assertRising(before, after);
      before = after;
    }
  }
  assertEquals(
    valueOf(await metered.read(), "berth_credential_checks_total", { outcome: "wrong" }),
    160,
  );
});

Deno.test("storage actions have the driver, and lookups are requests, hits and misses", async () => {
  await using metered = await Metered.open({ driver: "inmemory" });
  const { metrics } = metered;
  metrics.storageAction("GetContent", 0.02);
  for (const isHit of [true, true, false]) metrics.cacheLookup(isHit);
  const seen = await metered.read();
  const labels = { action: "GetContent", driver: "inmemory" };
  assertEquals(valueOf(seen, "registry_storage_action_seconds_count", labels), 1);
  assertEquals(
    ["requests", "hits", "errors"].map((what) =>
      valueOf(seen, `registry_storage_cache_${what}_total`)
    ),
    [3, 2, 0],
  );
  assertEquals(
    ["Request", "Hit", "Miss"].map((type) =>
      valueOf(seen, "registry_storage_cache_total", { type })
    ),
    [3, 2, 1],
  );
});

Deno.test("a refused reload shows until the next good one", async () => {
  let now = 1_800_000_000_000;
  await using metered = await Metered.open({ clock: { now: () => now } });
  const { metrics } = metered;
  const look = async () => {
    const seen = await metered.read();
    return [
      "berth_last_reload_successful",
      "berth_reload_failures_total",
      "berth_last_successful_reload_timestamp_seconds",
    ].map((name) => valueOf(seen, name, { kind: "tls" }));
  };
  assertEquals(await look(), [undefined, undefined, undefined]);
  metrics.reloaded("tls", false);
  assertEquals(await look(), [0, 1, undefined]);
  metrics.reloaded("tls", true);
  assertEquals(await look(), [1, 1, 1_800_000_000]);
  now += 5_000;
  metrics.reloaded("tls", false);
  assertEquals(await look(), [0, 2, 1_800_000_000]);
});

Deno.test("a certificate's expiry is in seconds, by its path, with what a label must escape", async () => {
  await using metered = await Metered.open();
  const path = '/etc/a "b"\\c\n.pem';
  metered.metrics.certificate(path, 1_800_000_000_000);
  metered.metrics.certificate("/broken.pem", NaN);
  metered.metrics.handshakeFailed();
  const seen = await metered.read();
  const name = "berth_tls_certificate_expiry_timestamp_seconds";
  assertEquals(valueOf(seen, name, { path }), 1_800_000_000);
  assertEquals(valueOf(seen, name, { path: "/broken.pem" }), undefined);
  assertEquals(valueOf(seen, "berth_tls_handshake_failures_total"), 1);
});

Deno.test("other parts are asked when somebody looks, and absent until they are known", async () => {
  await using metered = await Metered.open();
  assertEquals(valueOf(await metered.read(), "berth_healthy"), undefined);
  let isHealthy = true;
  metered.prometheus.watch({ healthy: () => isHealthy });
  metered.prometheus.watch({
    load: () => ({ connections: 7, exchanges: 2 }),
    readOnly: () => false,
  });
  isHealthy = false;
  const seen = await metered.read();
  assertEquals(
    ["berth_healthy", "berth_open_connections", "berth_running_exchanges", "berth_read_only"]
      .map((name) => valueOf(seen, name)),
    [0, 7, 2, 0],
  );
});

Deno.test("the process is described by the names that Go's registries have", async () => {
  await using metered = await Metered.open();
  const seen = await metered.read();
  for (
    const name of [
      "process_cpu_seconds_total",
      "process_start_time_seconds",
      "process_resident_memory_bytes",
      "process_virtual_memory_bytes",
      "process_open_fds",
      "process_max_fds",
      "berth_heap_used_bytes",
    ]
  ) assert((valueOf(seen, name) ?? 0) > 0, name);
  const build = { version: "1.2.3", deno: Deno.version.deno };
  assertEquals(valueOf(seen, "berth_build_info", build), 1);
});

Deno.test("the lag of the event loop sees that it was blocked", async () => {
  await using metered = await Metered.open();
  const count = async (le: string) =>
    valueOf(await metered.read(), "berth_event_loop_lag_seconds_bucket", { le }) ?? 0;
  for (const until = performance.now() + 400; performance.now() < until;);
  const deadline = Date.now() + 10_000;
  while (await count("+Inf") === 0 && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  // due after 100 ms, seen after 400 at the earliest
  assert(await count("+Inf") > await count("0.25"));
});

Deno.test("the text says what it is", async () => {
  await using metered = await Metered.open();
  assertEquals(metered.prometheus.contentType, "text/plain; version=0.0.4; charset=utf-8");
});

Deno.test("two servers in one process count apart", async () => {
  await using one = await Metered.open();
  await using other = await Metered.open();
  one.metrics.handshakeFailed();
  assertEquals(valueOf(await one.read(), "berth_tls_handshake_failures_total"), 1);
  assertEquals(valueOf(await other.read(), "berth_tls_handshake_failures_total"), 0);
});
