import type { ProxyConfig, UpstreamConfig } from "./config.ts";
import { nodeAt } from "./node.ts";
import type { Problems } from "./problem.ts";
import type { Settings } from "./settings.ts";

/** The upstreams, undefined when nothing is cached. `proxy.remoteurl` is the one whose namespace is the root. */
export function proxyConfig(settings: Settings, problems: Problems): ProxyConfig | undefined {
  const root = new Place(settings, problems, "proxy");
  const listed = Array.from(
    { length: settings.count(LIST) },
    (_, index) => readUpstream(new Place(settings, problems, `${LIST}[${index}]`), root),
  );
  const upstreams = root.text("remoteurl") === "" ? listed : [readUpstream(root, root), ...listed];
  if (upstreams.length === 0) return undefined;
  checkTwins(upstreams, root);
  return {
    upstreams,
    maxsize: root.optional("maxsize"),
    minfreespace: root.optional("minfreespace"),
    push: { enabled: settings.get("proxy.push.enabled") },
  };
}

const LIST = "proxy.upstreams";

/** Where one upstream stands in the configuration. */
class Place {
  constructor(
    readonly settings: Settings,
    readonly problems: Problems,
    readonly path: string,
  ) {}

  value(key: string): unknown {
    return this.settings.find(`${this.path}.${key}`)?.value;
  }

  text(key: string): string {
    return String(this.value(key) ?? "");
  }

  list(key: string): readonly string[] {
    return (this.value(key) ?? []) as readonly string[];
  }

  optional(key: string): number | undefined {
    const value = this.value(key);
    return typeof value === "number" ? value : undefined;
  }

  error(key: string, message: string): void {
    const path = key === "" ? this.path : `${this.path}.${key}`;
    const origin = this.settings.find(path)?.node.origin ??
      nodeAt(this.settings.root, ["proxy"])?.origin;
    this.problems.error(message, path, origin);
  }
}

function readUpstream(place: Place, root: Place): UpstreamConfig {
  const { settings } = place;
  const remoteurl = readUrl(place);
  const namespace = place === root ? "" : readNamespace(place);
  const library = place.value("library");
  return {
    namespace,
    remoteurl,
    username: place.text("username"),
    password: place.text("password"),
    exec: readExec(place),
    ttl: place.optional("ttl") ?? settings.get("proxy.ttl"),
    tagfreshness: place.optional("tagfreshness") ?? settings.get("proxy.tagfreshness"),
    hosts: readHosts(place),
    library: typeof library === "boolean" ? library : isDockerHub(remoteurl),
    allow: place.list("allow"),
    deny: place.list("deny"),
    ...readCertificates(place),
  };
}

function readUrl(place: Place): string {
  const text = place.text("remoteurl");
  const url = /^https?:\/\//i.test(text) ? URL.parse(text) : null;
  if (url === null) {
    const found = text === ""
      ? "found nothing"
      : text.includes("@")
      ? "found a text (not shown)"
      : `found ${JSON.stringify(text)}`;
    place.error("remoteurl", `${found}, expected a URL such as https://registry-1.docker.io`);
    return "";
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    place.error(
      "remoteurl",
      "expected a URL of scheme, host and path only: credentials go into username and password",
    );
  }
  return text.replace(/\/+$/, "");
}

const NAMESPACE =
  /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;

/** By default the host that clients know it by: `docker.io` for Docker Hub's registry-1.docker.io. */
function readNamespace(place: Place): string {
  const namespace = place.text("namespace");
  if (namespace === "" || !NAMESPACE.test(namespace)) {
    const found = namespace === "" ? "nothing" : JSON.stringify(namespace);
    place.error(
      "namespace",
      `found ${found}, expected the first components of its repositories here, such as ghcr.io`,
    );
  }
  return namespace;
}

function readExec(place: Place): UpstreamConfig["exec"] {
  const command = place.text("exec.command");
  if (command === "") return undefined;
  if (place.text("username") !== "" || place.text("password") !== "") {
    place.error(
      "exec.command",
      "cannot be used beside username and password: leave one of them out",
    );
  }
  return { command, lifetime: place.optional("exec.lifetime") };
}

function readHosts(place: Place): readonly string[] {
  const hosts = place.list("hosts").map((host) => host.toLowerCase());
  for (const host of hosts) {
    if (/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(host)) continue;
    place.error("hosts", `found ${JSON.stringify(host)}, expected a host name without port`);
  }
  return hosts;
}

function isDockerHub(remoteurl: string): boolean {
  const host = URL.parse(remoteurl)?.hostname ?? "";
  return host === "docker.io" || host.endsWith(".docker.io");
}

function readCertificates(place: Place): Pick<UpstreamConfig, "ca" | "certificate" | "key"> {
  if (place.value("insecure.skipverify") === true) {
    place.error(
      "insecure.skipverify",
      "cannot be had: name the CA of the certificate, or the certificate itself, in insecure.ca",
    );
  }
  const certificate = place.text("certificate") || undefined;
  const key = place.text("key") || undefined;
  if ((certificate === undefined) !== (key === undefined)) {
    const [there, missing] = certificate ? ["certificate", "key"] : ["key", "certificate"];
    place.error(there ?? "", `needs ${missing} beside it, the path of a PEM file`);
  }
  return { ca: place.text("insecure.ca") || undefined, certificate, key };
}

/** Two that claim the same name would each get half of the requests. */
function checkTwins(upstreams: readonly UpstreamConfig[], root: Place): void {
  const seen = new Map<string, string>();
  const claim = (what: string, name: string) => {
    if (name === "" || !seen.has(`${what} ${name}`)) seen.set(`${what} ${name}`, name);
    else root.error("upstreams", `two upstreams have the ${what} ${name}, expected one`);
  };
  for (const { namespace, hosts } of upstreams) {
    claim("namespace", namespace);
    for (const host of hosts) claim("host", host);
  }
}
