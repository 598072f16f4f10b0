import { accessRules } from "./access_rules.ts";
import { parseAddress } from "./address.ts";
import { authConfig } from "./auth_config.ts";
import type {
  Config,
  DriverConfig,
  HttpConfig,
  StorageConfig,
  ValidationConfig,
} from "./config.ts";
import { debugConfig, healthConfig } from "./health_config.ts";
import { nodeAt } from "./node.ts";
import type { Problems } from "./problem.ts";
import { proxyConfig } from "./proxy_config.ts";
import type { Settings } from "./settings.ts";
import { tlsConfig } from "./tls_config.ts";

/** The Config that the settings describe, with the checks that concern more than a value's type. Usable when there are no errors. */
export function toConfig(settings: Settings, problems: Problems): Config {
  checkVersion(settings, problems);
  checkCache(settings, problems);
  const config = readConfig(settings, problems);
  checkRealm(config, settings, problems);
  return config;
}

function readConfig(settings: Settings, problems: Problems): Config {
  return {
    version: "0.1",
    log: {
      level: settings.get("log.level"),
      formatter: settings.get("log.formatter"),
      fields: logFields(settings.get("log.fields")),
      accesslog: { disabled: settings.get("log.accesslog.disabled") },
    },
    storage: storageConfig(settings),
    catalog: { maxentries: pageLength(settings, "catalog.maxentries", problems) },
    tags: { maxtags: pageLength(settings, "tags.maxtags", problems) },
    auth: authConfig(settings, problems),
    access: accessRules(settings, problems),
    http: httpConfig(settings, problems),
    health: healthConfig(settings, problems),
    validation: validationConfig(settings, problems),
    proxy: proxyConfig(settings, problems),
  };
}

function checkVersion(settings: Settings, problems: Problems): void {
  const setting = settings.find("version");
  if (setting?.value === "0.1") return;
  const node = nodeAt(settings.root, ["version"]);
  const isReported = setting === undefined && node !== undefined && node.kind !== "null";
  if (isReported) return;
  const found = setting === undefined ? "nothing" : JSON.stringify(setting.value);
  problems.error(`found ${found}, expected 0.1`, "version", node?.origin);
}

function checkCache(settings: Settings, problems: Problems): void {
  const setting = settings.find("storage.cache.blobdescriptor");
  if (setting === undefined || setting.value === "inmemory") return;
  const { path, node: { origin } } = setting;
  if (setting.value === "redis") {
    problems.error(
      "the cache in Redis is not built into berth yet, expected inmemory",
      path,
      origin,
    );
  } else {
    problems.warn(
      `found ${JSON.stringify(setting.value)}, expected inmemory or redis: berth caches in memory`,
      path,
      origin,
    );
  }
}

/** Where anybody may pull, clients are told where to bring their password, and without `http.host` the request says which host that is. */
function checkRealm({ auth, access, http }: Config, settings: Settings, problems: Problems): void {
  const isOpen = access?.some(({ users }) => users.includes("anonymous")) ?? false;
  const isLocal = http.net === "unix" || /^(?:127\.[\d.]+|localhost|\[::1\]):/.test(http.addr);
  if (auth.kind !== "htpasswd" || !isOpen || http.tls || http.host !== "" || isLocal) return;
  problems.warn(
    "passwords cross the network as they are: let berth speak TLS (http.tls), or set http.host to the https:// URL of the proxy that does",
    "access",
    nodeAt(settings.root, ["access"])?.origin,
  );
}

/** A line's field is a scalar; what is nested in the file goes into it as JSON. */
function logFields(
  fields: Readonly<Record<string, unknown>>,
): Config["log"]["fields"] {
  const scalars = Object.entries(fields).map(([name, value]) => {
    const isScalar = ["string", "number", "boolean"].includes(typeof value);
    return [name, isScalar ? value : JSON.stringify(value)] as const;
  });
  return Object.fromEntries(scalars) as Config["log"]["fields"];
}

function storageConfig(settings: Settings): StorageConfig {
  const isInMemory = nodeAt(settings.root, ["storage", "inmemory"]) !== undefined;
  const driver: DriverConfig = isInMemory
    ? { name: "inmemory" }
    : { name: "filesystem", rootdirectory: settings.get("storage.filesystem.rootdirectory") };
  return {
    driver,
    delete: { enabled: settings.get("storage.delete.enabled") },
    redirect: { disable: settings.get("storage.redirect.disable") },
    maintenance: { readonly: { enabled: settings.get("storage.maintenance.readonly.enabled") } },
  };
}

/** As distribution: what is not above 0 is 1000. */
function pageLength(
  settings: Settings,
  path: "catalog.maxentries" | "tags.maxtags",
  problems: Problems,
): number {
  const value = settings.get(path);
  if (value > 0) return value;
  problems.warn(`found ${value}: 1000 is used`, path, settings.find(path)?.node.origin);
  return 1000;
}

function httpConfig(settings: Settings, problems: Problems): HttpConfig {
  return {
    net: settings.get("http.net"),
    addr: address(settings, problems),
    prefix: prefix(settings, problems),
    host: publicUrl(settings, problems),
    relativeurls: settings.get("http.relativeurls"),
    headers: settings.get("http.headers"),
    draintimeout: settings.get("http.draintimeout"),
    headertimeout: settings.get("http.headertimeout"),
    idletimeout: settings.get("http.idletimeout"),
    bodytimeout: settings.get("http.bodytimeout"),
    maxheaderbytes: settings.get("http.maxheaderbytes"),
    tls: tlsConfig(settings, problems),
    debug: debugConfig(settings, problems),
  };
}

function address(settings: Settings, problems: Problems): string {
  const addr = settings.get("http.addr");
  const origin = settings.find("http.addr")?.node.origin;
  if (settings.get("http.net") === "unix") {
    if (settings.find("http.addr") === undefined || addr === "") {
      problems.error(
        "expected the path of a socket, because http.net is unix",
        "http.addr",
        origin,
      );
    }
    return addr;
  }
  try {
    parseAddress(addr);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    problems.error(`found ${JSON.stringify(addr)}, ${why}`, "http.addr", origin);
  }
  return addr;
}

function prefix(settings: Settings, problems: Problems): string {
  const found = settings.get("http.prefix");
  const bare = found.replace(/^\/+|\/+$/g, "");
  if (bare === "") return "";
  const origin = settings.find("http.prefix")?.node.origin;
  if (
    !/^[\w.~!$&'()*+,;=:@/-]+$/.test(bare) || bare.split("/").some((part) => /^\.{0,2}$/.test(part))
  ) {
    problems.error(
      `found ${JSON.stringify(found)}, expected a path such as /foo/`,
      "http.prefix",
      origin,
    );
  } else if (!found.startsWith("/")) {
    problems.warn(
      `found ${JSON.stringify(found)}, expected a slash first: /${bare}/ is used`,
      "http.prefix",
      origin,
    );
  }
  return `/${bare}`;
}

function publicUrl(settings: Settings, problems: Problems): string {
  const found = settings.get("http.host");
  if (found === "") return "";
  const origin = settings.find("http.host")?.node.origin;
  const url = /^https?:\/\//i.test(found) ? URL.parse(found) : null;
  if (url === null) {
    const report = /^[\w.-]+(?::\d+)?\/?$/.test(found) ? "warn" : "error";
    const effect = report === "warn" ? ": it is ignored" : "";
    problems[report](
      `found ${shown(found)}, expected a URL such as https://registry.example.com${effect}`,
      "http.host",
      origin,
    );
    return "";
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    problems.error("expected a URL of scheme, host and path only", "http.host", origin);
  }
  return found.replace(/\/+$/, "");
}

/** A URL may hold a password. */
function shown(url: string): string {
  return url.includes("@") ? "a text (not shown)" : JSON.stringify(url);
}

function validationConfig(settings: Settings, problems: Problems): ValidationConfig {
  const list = "validation.manifests.indexes.platformlist";
  const platformlist = Array.from({ length: settings.count(list) }, (_, index) => ({
    os: String(settings.find(`${list}[${index}].os`)?.value ?? ""),
    architecture: String(settings.find(`${list}[${index}].architecture`)?.value ?? ""),
  }));
  const wanted = settings.get("validation.manifests.indexes.platforms");
  if (wanted !== "list" && platformlist.length > 0) {
    problems.warn(
      "has no effect without platforms: list",
      list,
      nodeAt(settings.root, list.split("."))?.origin,
    );
  }
  // as distribution: a list of nothing asks for all
  const platforms = wanted === "list" && platformlist.length === 0 ? "all" : wanted;
  return {
    disabled: settings.get("validation.disabled"),
    manifests: {
      urls: {
        allow: settings.get("validation.manifests.urls.allow"),
        deny: settings.get("validation.manifests.urls.deny"),
      },
      indexes: { platforms, platformlist: platforms === "list" ? platformlist : [] },
      references: settings.get("validation.manifests.references"),
    },
  };
}
