import { assertEquals } from "@std/assert";
import { BASE, configOf, errorsOf } from "./load.ts";

const HUB = "https://registry-1.docker.io";

Deno.test("proxy.remoteurl alone is an upstream that has every name", () => {
  assertEquals(configOf(`${BASE}proxy: {remoteurl: '${HUB}/'}\n`).proxy, {
    upstreams: [{
      namespace: "",
      remoteurl: HUB,
      username: "",
      password: "",
      exec: undefined,
      ttl: 168 * 3_600_000,
      tagfreshness: 0,
      hosts: [],
      library: true,
      allow: [],
      deny: [],
      ca: undefined,
      certificate: undefined,
      key: undefined,
    }],
    maxsize: undefined,
    minfreespace: undefined,
    push: { enabled: false },
  });
});

Deno.test("proxy.remoteurl can come from a variable alone, with what belongs to it", () => {
  const proxy = configOf(BASE, {
    REGISTRY_PROXY_REMOTEURL: "http://mirror.example:5000",
    REGISTRY_PROXY_USERNAME: "me",
    REGISTRY_PROXY_PASSWORD: "secret",
    REGISTRY_PROXY_TTL: "0",
  }).proxy;
  const [upstream] = proxy?.upstreams ?? [];
  assertEquals(
    [upstream?.remoteurl, upstream?.username, upstream?.password, upstream?.ttl, upstream?.library],
    ["http://mirror.example:5000", "me", "secret", 0, false],
  );
});

Deno.test("the root has all that a further upstream has", () => {
  const [root] = configOf(BASE, {
    REGISTRY_PROXY_REMOTEURL: "https://mirror.example",
    REGISTRY_PROXY_INSECURE_CA: "/ca.pem",
    REGISTRY_PROXY_LIBRARY: "true",
    REGISTRY_PROXY_HOSTS: "[hub.example.com]",
    REGISTRY_PROXY_ALLOW: "['library/**']",
    REGISTRY_PROXY_CERTIFICATE: "/c.pem",
    REGISTRY_PROXY_KEY: "/k.pem",
  }).proxy?.upstreams ?? [];
  assertEquals(
    [root?.ca, root?.library, root?.hosts, root?.allow, root?.certificate, root?.key],
    ["/ca.pem", true, ["hub.example.com"], ["library/**"], "/c.pem", "/k.pem"],
  );
});

const SEVERAL = `${BASE}proxy:
  ttl: 24h
  maxsize: 50GB
  upstreams:
  - {namespace: docker.io, remoteurl: '${HUB}', hosts: [Hub.Example.com]}
  - namespace: ghcr.io
    remoteurl: https://ghcr.io
    ttl: 0
    tagfreshness: 5m
    allow: ["org/**"]
    insecure: {ca: /ca.pem}
    exec: {command: docker-credential-x, lifetime: 1h}
`;

Deno.test("proxy.upstreams are further ones, with the values of proxy where they have none of their own", () => {
  const proxy = configOf(SEVERAL).proxy;
  assertEquals(proxy?.maxsize, 50_000_000_000);
  assertEquals(
    proxy?.upstreams.map(({ namespace, ttl, tagfreshness, library, hosts, ca, exec }) => {
      return [namespace, ttl, tagfreshness, library, hosts, ca, exec?.lifetime];
    }),
    [
      ["docker.io", 86_400_000, 0, true, ["hub.example.com"], undefined, undefined],
      ["ghcr.io", 0, 300_000, false, [], "/ca.pem", 3_600_000],
    ],
  );
});

const WRONG: readonly (readonly [string, string])[] = [
  [
    "remoteurl: 'localhost:5000'",
    'proxy.remoteurl: found "localhost:5000", expected a URL such as https://registry-1.docker.io',
  ],
  [
    "remoteurl: 'https://me:secret@x.example'",
    "proxy.remoteurl: expected a URL of scheme, host and path only: credentials go into username and password",
  ],
  [
    "upstreams: [{remoteurl: 'https://x.example'}]",
    "proxy.upstreams[0].namespace: found nothing, expected the first components of its repositories here, such as ghcr.io",
  ],
  [
    "upstreams: [{namespace: 'x:5000', remoteurl: 'https://x.example'}]",
    'proxy.upstreams[0].namespace: found "x:5000", expected the first components of its repositories here, such as ghcr.io',
  ],
  [
    "upstreams: [{namespace: a, remoteurl: 'https://x'}, {namespace: a, remoteurl: 'https://y'}]",
    "proxy.upstreams: two upstreams have the namespace a, expected one",
  ],
  [
    "upstreams: [{namespace: a, remoteurl: 'https://x', hosts: [h]}, {namespace: b, remoteurl: 'https://y', hosts: [H]}]",
    "proxy.upstreams: two upstreams have the host h, expected one",
  ],
  [
    "upstreams: [{namespace: a, remoteurl: 'https://x', insecure: {skipverify: true}}]",
    "proxy.upstreams[0].insecure.skipverify: cannot be had: name the CA of the certificate, or the certificate itself, in insecure.ca",
  ],
  [
    "upstreams: [{namespace: a, remoteurl: 'https://x', key: /k.pem}]",
    "proxy.upstreams[0].key: needs certificate beside it, the path of a PEM file",
  ],
  [
    "remoteurl: 'https://x', username: me, exec: {command: y}",
    "proxy.exec.command: cannot be used beside username and password: leave one of them out",
  ],
  [
    "remoteurl: 'https://x', maxsize: much",
    'proxy.maxsize: found "much", expected a size such as 500MB, 20GiB, or bytes',
  ],
  [
    "remoteurl: 'https://x', ttl: 1d",
    'proxy.ttl: found "1d", expected a duration such as 30s, 5m or 1h30m',
  ],
];

for (const [text, expected] of WRONG) {
  Deno.test(`proxy with ${text} is refused`, () => {
    assertEquals(errorsOf(`${BASE}proxy: {${text}}\n`), [`config.yml:3: ${expected}`]);
  });
}
