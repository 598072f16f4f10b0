import { assertEquals } from "@std/assert";
import { asRepositoryName, type RepositoryName } from "../../src/oci/reference.ts";
import { type Namespace, Namespaces } from "../../src/proxy/namespaces.ts";

const HUB: Namespace = {
  namespace: "docker.io",
  aliases: [],
  hosts: ["hub.example.com"],
  library: true,
};
const GHCR: Namespace = { namespace: "ghcr.io", aliases: [], hosts: [], library: false };
const INNER: Namespace = { namespace: "ghcr.io/inner", aliases: [], hosts: [], library: false };
const ROOT: Namespace = { namespace: "", aliases: ["docker.io"], hosts: [], library: true };

function find(all: readonly Namespace[], path: string, ns?: string, host?: string) {
  const found = new Namespaces(all).find({ name: nameOf(path), ns, host });
  return found && [found.name, found.owner?.namespace];
}

function nameOf(text: string): RepositoryName {
  const name = asRepositoryName(text);
  if (name === undefined) throw new Error(`${text} is no name`);
  return name;
}

/** Upstreams, name, ns, host; and what is found: the kept name with its namespace. */
type Case = readonly [
  all: readonly Namespace[],
  path: string,
  ns: string | undefined,
  host: string | undefined,
  expected: (string | undefined)[] | undefined,
];

const CASES: readonly Case[] = [
  [[HUB, GHCR], "library/redis", "docker.io", undefined, [
    "docker.io/library/redis",
    "docker.io",
  ]],
  [[HUB, GHCR], "redis", "docker.io", undefined, ["docker.io/library/redis", "docker.io"]],
  [[HUB, GHCR], "docker.io/redis", undefined, undefined, [
    "docker.io/library/redis",
    "docker.io",
  ]],
  [[HUB, GHCR], "docker.io/library/redis", undefined, "x:5000", [
    "docker.io/library/redis",
    "docker.io",
  ]],
  [[HUB, GHCR], "redis", undefined, "Hub.Example.com:443", [
    "docker.io/library/redis",
    "docker.io",
  ]],
  [[HUB, GHCR], "org/app", "ghcr.io", undefined, ["ghcr.io/org/app", "ghcr.io"]],
  [[HUB, GHCR], "org/app", "GHCR.IO", undefined, ["ghcr.io/org/app", "ghcr.io"]],
  [[HUB, GHCR], "ghcr.io/org/app", "ghcr.io", undefined, ["ghcr.io/org/app", "ghcr.io"]],
  [[HUB, GHCR], "org/app", "quay.io", undefined, undefined],
  [[HUB, GHCR], "org/app", "", undefined, undefined],
  [[HUB, GHCR], "org/app", undefined, undefined, ["org/app", undefined]],
  [[HUB, GHCR], "ghcr.io", undefined, undefined, ["ghcr.io", undefined]],
  [[GHCR, INNER], "ghcr.io/inner/app", undefined, undefined, [
    "ghcr.io/inner/app",
    "ghcr.io/inner",
  ]],
  [[GHCR, INNER], "ghcr.io/innermost/app", undefined, undefined, [
    "ghcr.io/innermost/app",
    "ghcr.io",
  ]],
  [[ROOT], "redis", undefined, undefined, ["library/redis", ""]],
  [[ROOT], "library/redis", "docker.io", undefined, ["library/redis", ""]],
  [[ROOT], "org/app", undefined, undefined, ["org/app", ""]],
  [[ROOT, GHCR], "ghcr.io/org/app", undefined, undefined, ["ghcr.io/org/app", "ghcr.io"]],
  [[ROOT, GHCR], "org/app", "ghcr.io", undefined, ["ghcr.io/org/app", "ghcr.io"]],
  [[HUB], "a".repeat(250), "docker.io", undefined, undefined],
];

for (const [all, path, ns, host, expected] of CASES) {
  const shown = path.length > 40 ? `${path.slice(0, 10)}…` : path;
  Deno.test(`${shown} with ns ${ns ?? "-"} and host ${host ?? "-"} is ${expected?.[0] ?? "nothing"}`, () => {
    assertEquals(find(all, path, ns, host), expected);
  });
}

Deno.test("the upstream is asked for the name without its namespace", () => {
  const names = new Namespaces([HUB, ROOT]);
  assertEquals(names.remoteName(HUB, nameOf("docker.io/library/redis")), "library/redis");
  assertEquals(names.remoteName(ROOT, nameOf("library/redis")), "library/redis");
});
