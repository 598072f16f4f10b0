import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import dashboard from "../../scripts/package/grafana/berth.json" with { type: "json" };
import { type Exposition, parseExposition, typeOf } from "../support/exposition.ts";
import { MetricsTarget } from "../support/metrics_target.ts";
import { makeImage } from "../support/images.ts";
import { startPeer } from "../support/peers.ts";
import { attempt, freePort, run } from "../support/process.ts";
import { PrometheusProcess } from "../support/prometheus_process.ts";
import { RegistryClient } from "../support/registry_client.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { requireTool, toolTest } from "../support/tools.ts";

const ALERTS = fromFileUrl(
  new URL("../../scripts/package/prometheus/alerts.yml", import.meta.url),
);

/** Every query of the dashboard, as Grafana would send it. */
const QUERIES: readonly string[] = dashboard.panels
  .flatMap((panel) => "targets" in panel ? panel.targets ?? [] : [])
  .map(({ expr }) =>
    expr.replaceAll("$__rate_interval", "10s").replaceAll("$job", "berth")
      .replaceAll("$instance", ".*")
  );

/** Runs promtool with a text in a file. */
async function promtool(text: string, ...args: string[]) {
  await using folder = await TempFolder.make();
  await Deno.writeTextFile(folder.at("it"), text);
  const shell = `${args.map((arg) => `'${arg}'`).join(" ")} < '${folder.at("it")}'`;
  return await attempt(["sh", "-c", `${requireTool("promtool")} ${shell}`]);
}

toolTest(
  { tools: ["prometheus", "openssl"] },
  "Prometheus scrapes without a complaint, and every query of the dashboard has data",
  async () => {
    await using target = await MetricsTarget.start();
    const { address } = target;
    await using prometheus = await PrometheusProcess.start({
      target: address,
      path: "/metrics",
      rules: [ALERTS],
    });
    await prometheus.until(async () => (await prometheus.target())?.health === "up");
    const without = new Set(QUERIES);
    assert(without.size > 20);
    await prometheus.until(async () => {
      await target.makeTraffic();
      for (const query of without) {
        const values = await prometheus.query(query);
        if (values.some(Number.isFinite)) without.delete(query);
      }
      return without.size === 0;
    }).catch((error) => {
      throw new Error(`no data: ${[...without].join("\n")}`, { cause: error });
    });
    const rules = await prometheus.rules();
    assertEquals(rules.filter(({ health }) => health === "err"), []);
    assertEquals(rules.filter(({ state }) => state === "firing"), []);
    assertEquals((await prometheus.target())?.lastError, "");
    assertEquals(prometheus.complaints, []);
  },
);

toolTest({ tools: ["promtool", "openssl"] }, "promtool finds nothing to say", async () => {
  await using target = await MetricsTarget.start();
  await target.makeTraffic();
  const response = await fetch(`http://${target.address}/metrics`);
  const text = await response.text();
  assertEquals(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  assert(parseExposition(text).series.length > 100);
  for (const secret of ["alice", "secret", "team/app"]) assert(!text.includes(secret), secret);
  const { code, stdout, stderr } = await promtool(text, "check", "metrics");
  assertEquals([code, stdout, stderr], [0, "", ""]);
});

/** What dashboards rely on: of each metric of requests, storage and cache its type, the names of its labels, and its bounds. */
function shapesOf(exposition: Exposition): Map<string, string> {
  const shapes = new Map<string, Set<string>>();
  for (const { name, labels } of exposition.series) {
    if (!/^registry_(http|proxy|storage)_/.test(name)) continue;
    const shape = shapes.get(name) ?? new Set([typeOf(name, exposition.types) ?? ""]);
    for (const [label, value] of Object.entries(labels)) {
      shape.add(label === "le" ? `le=${value}` : label);
    }
    shapes.set(name, shape);
  }
  return new Map([...shapes].map(([name, shape]) => [name, [...shape].sort().join(" ")]));
}

async function readMetrics(address: string): Promise<Exposition> {
  const response = await fetch(`http://${address}/metrics`);
  return parseExposition(await response.text());
}

toolTest(
  { tools: ["registry", "openssl"] },
  "requests, storage and cache have the names, types, labels and bounds that registry 3 gives them",
  async () => {
    const address = `127.0.0.1:${freePort()}`;
    await using peer = await startPeer("registry3", {
      http: ["debug:", `  addr: ${address}`, "  prometheus:", "    enabled: true"],
    });
    await new RegistryClient(peer.url).pushImage("team/app", makeImage({ layers: [10_000] }), "it");
    await using target = await MetricsTarget.start();
    await target.makeTraffic();
    const theirs = await readMetrics(address);
    const ours = await readMetrics(target.address);
    const shapes = shapesOf(ours);
    assert(shapes.size > 10);
    for (const [name, shape] of shapesOf(theirs)) assertEquals(shapes.get(name), shape, name);
    const handlers = ({ series }: Exposition) =>
      new Set(
        series.flatMap(({ name, labels }) =>
          name === "registry_http_in_flight_requests" ? [labels["handler"]] : []
        ),
      );
    assertEquals(handlers(ours), handlers(theirs).add("referrers"));
  },
);

toolTest({ tools: ["promtool"] }, "promtool complains when there is a reason", async () => {
  const { code } = await promtool("# TYPE a counter\na 1\n", "check", "metrics");
  assert(code !== 0);
});

/** Series as promtool takes them for its tests of alerts: values a minute apart. */
const ALARMING: Readonly<Record<string, string>> = {
  'up{job="berth", instance="a"}': "0x60",
  'berth_build_info{job="berth", instance="a"}': "1x60",
  'berth_healthy{job="berth", instance="a"}': "0x60",
  'registry_http_requests_total{job="berth", instance="a", code="500"}': "0+1x60",
  'registry_http_requests_total{job="berth", instance="a", code="200"}': "0+9x60",
  'berth_tls_certificate_expiry_timestamp_seconds{job="berth", instance="a", path="/c.pem"}':
    "1000000x80",
  'berth_last_reload_successful{job="berth", instance="a", kind="tls"}': "0x60",
  'berth_event_loop_lag_seconds_bucket{job="berth", instance="a", le="0.25"}': "0+1x60",
  'berth_event_loop_lag_seconds_bucket{job="berth", instance="a", le="0.5"}': "0+100x60",
  'berth_event_loop_lag_seconds_bucket{job="berth", instance="a", le="+Inf"}': "0+100x60",
  'process_open_fds{job="berth", instance="a"}': "95x60",
  'process_max_fds{job="berth", instance="a"}': "100x60",
};

/** The names of the alerts that fire after an hour and some of these series. */
async function firing(series: Readonly<Record<string, string>>): Promise<string[]> {
  await using folder = await TempFolder.make();
  const test = folder.at("test.json");
  await Deno.writeTextFile(
    test,
    JSON.stringify({
      rule_files: [ALERTS],
      evaluation_interval: "1m",
      tests: [{
        interval: "1m",
        input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
        promql_expr_test: [{
          expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
          eval_time: "60m",
          exp_samples: [{ labels: "{alertname='none of them'}", value: 1 }],
        }],
      }],
    }),
  );
  const { stdout, stderr } = await attempt([requireTool("promtool"), "test", "rules", test]);
  const got = /got:(.*)/s.exec(stdout + stderr)?.[1] ?? "";
  return [...got.matchAll(/alertname="?([A-Za-z]+)/g)].map(([, name = ""]) => name).sort();
}

toolTest(
  { tools: ["promtool"] },
  "the alerts are well formed and fire when they should",
  async () => {
    await run([requireTool("promtool"), "check", "rules", "--lint-fatal", ALERTS]);
    assertEquals(await firing(ALARMING), [
      "BerthCertificateExpires",
      "BerthDown",
      "BerthEventLoopLag",
      "BerthFewFilesLeft",
      "BerthReloadRefused",
      "BerthServerErrors",
      "BerthUnhealthy",
    ]);
  },
);

toolTest({ tools: ["promtool"] }, "no alert fires where all is well", async () => {
  const well = { ...ALARMING };
  for (const name of Object.keys(well)) {
    if (/^(up|berth_healthy|berth_last)/.test(name)) well[name] = "1x60";
    else if (name.includes('code="500"')) well[name] = "5x60";
    else if (name.startsWith("berth_tls")) well[name] = "9000000x60";
    else if (name.includes('le="0.25"')) well[name] = "0+100x60";
    else if (name.startsWith("process_open")) well[name] = "20x60";
  }
  well['berth_event_loop_lag_seconds_bucket{job="berth", instance="a", le="0.05"}'] = "0+100x60";
  assertEquals(await firing(well), []);
});
