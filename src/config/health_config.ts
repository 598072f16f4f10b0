import { parseAddress } from "./address.ts";
import type { CheckConfig, DebugConfig, HealthConfig } from "./config.ts";
import type { Problems } from "./problem.ts";
import { nodeAt } from "./node.ts";
import type { Settings } from "./settings.ts";

/** The checks of `health`. Every one that is named is made, or is an error. */
export function healthConfig(settings: Settings, problems: Problems): HealthConfig {
  const list = <C>(name: string, read: (item: Item) => C): C[] => {
    const path = `health.${name}`;
    const seen = new Set<string>();
    return Array.from({ length: settings.count(path) }, (_, index) => {
      const item = new Item(settings, problems, `${path}[${index}]`);
      const key = name === "file" ? "file" : name === "http" ? "uri" : "addr";
      const subject = item.text(key);
      if (seen.has(subject) && subject !== "") item.error(key, "is checked twice");
      seen.add(subject);
      return read(item);
    });
  };
  return {
    storagedriver: {
      enabled: settings.get("health.storagedriver.enabled"),
      interval: settings.get("health.storagedriver.interval"),
      threshold: settings.get("health.storagedriver.threshold"),
    },
    file: list("file", (item) => ({ ...item.check(), file: item.needed("file") })),
    http: list("http", (item) => ({
      ...item.check(),
      uri: item.url("uri"),
      headers: (item.value("headers") ?? {}) as Readonly<Record<string, readonly string[]>>,
      statuscode: item.number("statuscode", 200),
      timeout: item.number("timeout", DEFAULT_MS),
    })),
    tcp: list("tcp", (item) => ({
      ...item.check(),
      addr: item.address("addr"),
      timeout: item.number("timeout", DEFAULT_MS),
    })),
  };
}

/** The default of intervals and timeouts (fields/health.ts). */
const DEFAULT_MS = 10_000;

/** One element of a list of checks. */
class Item {
  constructor(
    private readonly settings: Settings,
    private readonly problems: Problems,
    private readonly path: string,
  ) {}

  check(): CheckConfig {
    return {
      interval: this.number("interval", DEFAULT_MS),
      threshold: this.number("threshold", 0),
    };
  }

  value(key: string): unknown {
    return this.settings.find(`${this.path}.${key}`)?.value;
  }

  text(key: string): string {
    return String(this.value(key) ?? "");
  }

  number(key: string, otherwise: number): number {
    return Number(this.value(key) ?? otherwise);
  }

  needed(key: string): string {
    const text = this.text(key);
    if (text === "") this.error(key, "expected a text: there is nothing to check without it");
    return text;
  }

  url(key: string): string {
    const text = this.needed(key);
    if (text !== "" && !(/^https?:\/\//i.test(text) && URL.canParse(text))) {
      this.error(key, "expected a URL such as http://127.0.0.1:8080/health");
    }
    return text;
  }

  address(key: string): string {
    const text = this.needed(key);
    try {
      if (text !== "") parseAddress(text);
    } catch (error) {
      this.error(key, error instanceof Error ? error.message : String(error));
    }
    return text;
  }

  error(key: string, message: string): void {
    const path = `${this.path}.${key}`;
    const origin = this.settings.find(path)?.node.origin ??
      nodeAt(this.settings.root, ["health"])?.origin;
    this.problems.error(message, path, origin);
  }
}

/** The debug server, undefined without an address. */
export function debugConfig(settings: Settings, problems: Problems): DebugConfig | undefined {
  const addr = settings.get("http.debug.addr");
  const enabled = settings.get("http.debug.prometheus.enabled");
  if (addr === "") {
    const asked = settings.find("http.debug.prometheus.enabled");
    if (enabled && asked !== undefined) {
      problems.warn("has no effect without http.debug.addr", asked.path, asked.node.origin);
    }
    return undefined;
  }
  const origin = settings.find("http.debug.addr")?.node.origin;
  try {
    parseAddress(addr);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    problems.error(`found ${JSON.stringify(addr)}, ${why}`, "http.debug.addr", origin);
  }
  return { addr, prometheus: { enabled, path: metricsPath(settings, problems) } };
}

/** What the debug server answers beside the metrics (debug/debug_api.ts). */
const OWN_PATHS = ["/debug/health", "/debug/health/down", "/debug/health/up", "/debug/readonly"];

function metricsPath(settings: Settings, problems: Problems): string {
  const option = "http.debug.prometheus.path";
  const path = settings.get(option);
  const origin = settings.find(option)?.node.origin;
  const found = `found ${JSON.stringify(path)}`;
  if (path !== "" && !path.startsWith("/")) {
    problems.error(`${found}, expected a path such as /metrics`, option, origin);
  }
  if (OWN_PATHS.includes(path)) {
    const why = "which the debug server has for something else";
    problems.error(`${found}, ${why}, expected a path such as /metrics`, option, origin);
  }
  return path === "" ? "/metrics" : path;
}
