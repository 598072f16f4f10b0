import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { clientConfig } from "../../src/cli/client_config.ts";
import { run } from "../../src/cli/run.ts";
import { configOf } from "../config/load.ts";
import { FakeSystem } from "./fake_system.ts";

const CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB+/A=\n-----END CERTIFICATE-----\n";
const KEY = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n";
const FILES = { "/ca.pem": `junk\n${KEY}${CERTIFICATE}`, "/key.pem": KEY };

const HUB = "remoteurl: https://registry-1.docker.io";
const GHCR = "{namespace: ghcr.io, remoteurl: https://ghcr.io}";
const ACME = "{namespace: acme, remoteurl: 'http://registry.acme.example:5000'}";
const TLS = "tls: {certificate: a, key: b}";

function printed(
  client: string,
  { http = "addr: ':5000'", proxy = HUB, more = "", host, ca }: {
    http?: string;
    proxy?: string;
    more?: string;
    host?: string | undefined;
    ca?: string;
  },
): Promise<string> {
  const text = `version: 0.1\nstorage: inmemory\nhttp: {${http}}\nproxy: {${proxy}}\n${more}`;
  return clientConfig(client, configOf(text), { host, ca }, new FakeSystem({ files: FILES }));
}

const SEVERAL = `${HUB}, upstreams: [${GHCR}, ${ACME}]`;
const HOST = "cache.example:5000";

Deno.test("docker gets a daemon.json with the mirror, the CA in certs.d, and the names of the others", async () => {
  assertEquals(
    await printed("docker", { proxy: SEVERAL, host: HOST, http: TLS, ca: "/ca.pem" }),
    `# docker uses a mirror for images of Docker Hub only: docker pull redis.
# Images of the others are pulled by their names here:
#   ghcr.io/org/app: docker pull cache.example:5000/ghcr.io/org/app
#   registry.acme.example:5000/org/app: docker pull cache.example:5000/acme/org/app

# --- /etc/docker/daemon.json ---
# Add these keys to what is there (JSON has no comments: leave these lines out); then: systemctl reload docker
{
  "registry-mirrors": [
    "https://cache.example:5000"
  ]
}

# --- /etc/docker/certs.d/cache.example:5000/ca.crt ---
${CERTIFICATE}`,
  );
});

/** The addresses, and what docker's daemon.json says. */
const DAEMONS: readonly (readonly [string, string | undefined, Record<string, string[]>])[] = [
  ["addr: ':5000'", "c.example:5000", {
    "registry-mirrors": ["http://c.example:5000"],
    "insecure-registries": ["c.example:5000"],
  }],
  ["addr: '127.0.0.1:5000'", undefined, { "registry-mirrors": ["http://127.0.0.1:5000"] }],
  ["addr: 'localhost:5000'", undefined, { "registry-mirrors": ["http://localhost:5000"] }],
  ["addr: '[::1]:5000'", undefined, { "registry-mirrors": ["http://[::1]:5000"] }],
  ["addr: ':5000', host: 'https://c.example'", undefined, {
    "registry-mirrors": ["https://c.example"],
  }],
  ["addr: ':5000', host: 'https://c.example'", "d.example:443", {
    "registry-mirrors": ["https://d.example"],
  }],
  ["addr: /run/s, net: unix", "https://d.example:5443", {
    "registry-mirrors": ["https://d.example:5443"],
  }],
];

for (const [http, host, daemon] of DAEMONS) {
  Deno.test(`docker reaches {${http}}${host ? ` as ${host}` : ""} there`, async () => {
    assertEquals(daemonIn(await printed("docker", { http, host })), daemon);
  });
}

function daemonIn(text: string): unknown {
  return JSON.parse(text.slice(text.indexOf("\n{")));
}

Deno.test("docker is given Docker Hub by the root or a host name of its own, and nothing else", async () => {
  const list = (entry: string) => `upstreams: [${entry}, ${GHCR}]`;
  const hub = `namespace: docker.io, ${HUB}`;
  const named = await printed("docker", {
    proxy: list(`{${hub}, hosts: [hub.local]}`),
    host: HOST,
  });
  assertEquals(daemonIn(named), {
    "registry-mirrors": ["http://hub.local:5000"],
    "insecure-registries": ["cache.example:5000", "hub.local:5000"],
  });
  await assertRejects(
    () => printed("docker", { proxy: list(`{${hub}}`), host: HOST }),
    Error,
    "give its entry of proxy.upstreams a host name: hosts: [cache.example]",
  );
  const none = await printed("docker", { proxy: `upstreams: [${GHCR}]`, host: "localhost:5000" });
  assertEquals(none.includes("daemon.json"), false);
  assertStringIncludes(none, "docker pull localhost:5000/ghcr.io/org/app");
  const mirror = await printed("docker", { proxy: "remoteurl: http://m.example", host: HOST });
  assertStringIncludes(mirror, "Only right if http://m.example is a mirror of Docker Hub.");
});

Deno.test("a host name of another upstream is no mirror of Docker Hub", async () => {
  const proxy =
    `upstreams: [{namespace: ghcr.io, remoteurl: https://ghcr.io, hosts: [cache.example]}]`;
  const text = await printed("docker", { proxy, host: "cache.example:443", http: TLS });
  assertEquals(text.includes("registry-mirrors"), false);
});

Deno.test("containerd gets one hosts.toml for each registry that it can ask for", async () => {
  assertEquals(
    await printed("containerd", { proxy: SEVERAL, host: HOST, http: TLS, ca: "/ca.pem" }),
    `# containerd reads these when it is told of /etc/containerd/certs.d, at the next pull; ctr when it is called with --hosts-dir /etc/containerd/certs.d.
# Not for registry.acme.example:5000: containerd asks by this name, and only proxy.remoteurl can have one with a port.

# --- /etc/containerd/certs.d/docker.io/hosts.toml ---
server = "https://registry-1.docker.io"

[host."https://cache.example:5000"]
  capabilities = ["pull", "resolve"]
  ca = "/etc/containerd/berth-ca.crt"

# --- /etc/containerd/certs.d/ghcr.io/hosts.toml ---
server = "https://ghcr.io"

[host."https://cache.example:5000"]
  capabilities = ["pull", "resolve"]
  ca = "/etc/containerd/berth-ca.crt"

# --- /etc/containerd/berth-ca.crt ---
${CERTIFICATE}`,
  );
});

Deno.test("containerd is told of a registry below a path, and that a namespace must be the registry's name", async () => {
  const proxy = `upstreams: [${GHCR}, {namespace: q, remoteurl: 'https://quay.io'}]`;
  const text = await printed("containerd", { proxy, host: HOST, http: "prefix: /r/" });
  assertStringIncludes(text, '[host."http://cache.example:5000/r/v2"]\n');
  assertStringIncludes(text, "\n  override_path = true\n");
  assertStringIncludes(text, "so rename the namespace q to quay.io.\n");
  await assertRejects(
    () => printed("containerd", { proxy: `upstreams: [${ACME}]`, host: HOST }),
    Error,
    "Cannot configure containerd. Not for registry.acme.example:5000",
  );
});

Deno.test("podman gets one registries.conf with a mirror for each upstream", async () => {
  assertEquals(
    await printed("podman", { proxy: SEVERAL, host: HOST }),
    `# podman, buildah and skopeo read these at once; CRI-O after: systemctl reload crio.

# --- /etc/containers/registries.conf.d/berth.conf ---
[[registry]]
prefix = "docker.io"
location = "docker.io"

[[registry.mirror]]
location = "cache.example:5000"
insecure = true

[[registry]]
prefix = "ghcr.io"
location = "ghcr.io"

[[registry.mirror]]
location = "cache.example:5000/ghcr.io"
insecure = true

[[registry]]
prefix = "registry.acme.example:5000"
location = "registry.acme.example:5000"
insecure = true

[[registry.mirror]]
location = "cache.example:5000/acme"
insecure = true
`,
  );
  const secure = await printed("podman", { host: "c.example", http: TLS, ca: "/ca.pem" });
  assertEquals(secure.includes("insecure"), false);
  assertStringIncludes(secure, "# --- /etc/containers/certs.d/c.example/ca.crt ---\n-----BEGIN");
});

Deno.test("kubernetes gets what goes on nodes with containerd and on those with CRI-O", async () => {
  const text = await printed("kubernetes", {
    proxy: SEVERAL,
    host: HOST,
    http: TLS,
    ca: "/ca.pem",
  });
  const paths = [...text.matchAll(/^# --- (.*) ---$/gm)].map(([, path]) => path);
  assertEquals(paths, [
    "/etc/containerd/config.toml",
    "/etc/containerd/certs.d/docker.io/hosts.toml",
    "/etc/containerd/certs.d/ghcr.io/hosts.toml",
    "/etc/containerd/berth-ca.crt",
    "/etc/containers/registries.conf.d/berth.conf",
    "/etc/containers/certs.d/cache.example:5000/ca.crt",
  ]);
  assertStringIncludes(text, "# Nodes with CRI-O instead:\n# then: systemctl reload crio\n[[reg");
  const below = await printed("kubernetes", { host: HOST, http: "prefix: /r/" });
  assertStringIncludes(below, "# Not for CRI-O: ");
});

Deno.test("what users need beside the files is said, without a secret", async () => {
  const more = "auth: {htpasswd: {realm: r, path: /htpasswd}}\n";
  const proxy = `${HUB}, username: me, password: s3cret`;
  for (const client of ["docker", "containerd", "podman", "kubernetes"]) {
    const text = await printed(client, { more, proxy, host: HOST });
    assertStringIncludes(text, "The registry has users: ");
    assertEquals(/s3cret/.test(text), false);
  }
});

/** What cannot be configured, and what is said. */
const REFUSED: readonly (readonly [Parameters<typeof printed>[1], string])[] = [
  [{}, "it listens on :5000. Give --host HOST:PORT, or set http.host"],
  [{ http: "addr: '0.0.0.0:5000'" }, "Give --host"],
  [{ http: "addr: '[::]:5000'" }, "Give --host"],
  [{ http: "addr: '127.0.0.1:0'" }, "Give --host"],
  [{ http: "addr: /run/s, net: unix" }, "it listens on the socket /run/s. Give --host"],
  [{ host: "a b" }, "Cannot use --host a b: expected HOST or HOST:PORT"],
  [{ host: "https://me:s@c.example" }, "Cannot use --host"],
  [{ host: "c.example/path" }, "Cannot use --host"],
  [{ host: 'c.example"\n' }, "Cannot use --host"],
  [{ host: "c.example:99999" }, "Cannot use --host"],
  [{ host: HOST, ca: "/ca.pem" }, "Cannot use --ca: the registry speaks plain HTTP"],
  [{ host: HOST, http: TLS, ca: "/none" }, "Cannot read /none: there is no such file"],
  [{ host: HOST, http: TLS, ca: "/key.pem" }, "Cannot use /key.pem: expected a PEM file"],
  [{ host: HOST, http: "prefix: /r/" }, "http.prefix is /r"],
];

for (const [options, said] of REFUSED) {
  Deno.test(`docker cannot be configured with ${JSON.stringify(options)}`, async () => {
    await assertRejects(() => printed("docker", options), Error, said);
  });
}

/** The command line, the status, and a part of what is said. */
const LINES: readonly (readonly [string[], number, string])[] = [
  [[], 2, "Expected a client: docker, containerd, podman, kubernetes\n\nUsage:\n"],
  [["dockr"], 2, "Unknown client dockr, did you mean docker?\n\nUsage:\n"],
  [["docker", "podman"], 2, "Expected one client, found 2\n"],
  [["docker", "--hots", "x"], 2, "Unknown flag --hots, did you mean --host?\n"],
  [["docker", "--ca"], 2, "Expected a value after --ca\n"],
  [["docker", "--config", "none.yml"], 1, "Cannot read the configuration none.yml"],
  [["docker", "--config", "c.yml"], 1, "this registry is no cache. Set proxy.remoteurl"],
  [["docker"], 1, "this registry is no cache"],
];

for (const [args, status, said] of LINES) {
  Deno.test(`client-config ${args.join(" ")} ends with ${status}`, async () => {
    const files = { "c.yml": "version: 0.1\nstorage: inmemory\nhttp: {addr: ':5000'}\n" };
    const system = new FakeSystem({ files });
    assertEquals(await run(["client-config", ...args], system), status);
    assertStringIncludes(system.stderr, said);
    assertEquals(system.stdout, "");
  });
}

Deno.test("client-config docker --help prints the same as help client-config", async () => {
  const [help, flag] = [new FakeSystem(), new FakeSystem()];
  assertEquals(await run(["help", "client-config"], help), 0);
  assertEquals(await run(["client-config", "docker", "--help"], flag), 0);
  assertEquals(help.stdout, flag.stdout);
  assertStringIncludes(help.stdout, "  --host ");
});
