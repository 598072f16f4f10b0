import { assertEquals } from "@std/assert";
import { parseImageName, requestOf } from "../../../src/cli/cache/image_name.ts";
import { BASE, configOf } from "../../config/load.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;

const NAMES: readonly (readonly [string, string | undefined, string, string])[] = [
  ["redis", undefined, "redis", "latest"],
  ["redis:7", undefined, "redis", "7"],
  ["org/app", undefined, "org/app", "latest"],
  ["ghcr.io/org/app:1.2", "ghcr.io", "org/app", "1.2"],
  ["localhost/app", "localhost", "app", "latest"],
  ["reg.example:5000/app:1", "reg.example:5000", "app", "1"],
  [`redis@${DIGEST}`, undefined, "redis", DIGEST],
  [`docker.io/redis:7@${DIGEST}`, "docker.io", "redis", DIGEST],
];

for (const [text, registry, name, reference] of NAMES) {
  Deno.test(`${text} is ${name} of ${registry ?? "no registry"} at ${reference}`, () => {
    assertEquals(parseImageName(text), { text, registry, name, reference });
  });
}

const ROOT = "remoteurl: https://registry-1.docker.io";
const MIRROR = "remoteurl: http://mirror.example:5000";
const LISTED =
  `upstreams: [{namespace: docker.io, ${ROOT}}, {namespace: acme, remoteurl: 'https://x.example'}]`;

/** The upstreams, the image, and what the server is asked for. */
const REQUESTS: readonly (readonly [string, string, string, string])[] = [
  [ROOT, "redis", "redis", "?ns=docker.io"],
  [ROOT, "docker.io/org/app", "org/app", "?ns=docker.io"],
  [ROOT, "quay.io/org/app", "org/app", "?ns=quay.io"],
  [LISTED, "redis", "redis", "?ns=docker.io"],
  [LISTED, "docker.io/redis", "docker.io/redis", ""],
  [LISTED, "acme/app", "acme/app", ""],
  [LISTED, "acmes/app", "acmes/app", "?ns=docker.io"],
  [MIRROR, "redis", "redis", ""],
  [MIRROR, "mirror.example:5000/redis", "redis", "?ns=mirror.example%3A5000"],
];

for (const [proxy, text, name, query] of REQUESTS) {
  Deno.test(`with {${proxy}} the server is asked for ${text} as ${name}${query}`, () => {
    const config = configOf(`${BASE}http: {addr: ':5000'}\nproxy: {${proxy}}\n`);
    if (config.proxy === undefined) throw new Error("there is no proxy");
    assertEquals(requestOf(parseImageName(text), config.proxy), { name, query });
  });
}
