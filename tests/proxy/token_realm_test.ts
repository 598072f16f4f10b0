import { assertEquals } from "@std/assert";
import type { Script } from "../support/scripted_server.ts";
import {
  ask,
  assertNoSecrets,
  guarded,
  guardedTest,
  type GuardedWorld,
  INNER,
  PUBLIC,
  shown,
} from "../support/guarded_upstream.ts";
import { assertFails } from "../support/tested_upstream.ts";

const REALM_FAILURES: [string, Script, string, string][] = [
  ["refuses everybody", () => ({ status: 403 }), "denied", "401"],
  ["is limited", () => ({ status: 429, headers: { "retry-after": "9" } }), "limited", "429"],
  ["fails", () => ({ status: 503 }), "failing", "answered 503"],
  ["knows nothing of it", () => ({ status: 404 }), "failing", "answered 404"],
  [
    "redirects",
    () => ({ status: 302, headers: { location: "https://evil.example/" } }),
    "failing",
    "not followed",
  ],
  ["gives no token", () => ({ body: "{}" }), "failing", "without a token"],
  [
    "gives a token that would break out of its header",
    () => ({ body: '{"token":"a\\r\\nX: y"}' }),
    "failing",
    "without a token",
  ],
  ["gives no JSON", () => ({ body: "<html>" }), "failing", "without a token"],
  ["gives too much", () => ({ body: new Uint8Array(300_000) }), "lying", "more than"],
  ["closes", () => ({ raw: "" }), "unreachable", "without an answer"],
];

for (const [what, script, kind, says] of REALM_FAILURES) {
  guardedTest(`a token server that ${what} makes the upstream ${kind}`, async ({ realm, open }) => {
    realm.script = script;
    using tested = open();
    const error = await assertFails(() => ask(tested), kind as "denied", says);
    assertNoSecrets(tested, error);
    if (kind === "limited") assertEquals(error.options.retryAfter, 9);
  });
}

guardedTest("a token server that is silent ends by the limit", async ({ realm, open }) => {
  realm.script = () => ({ silent: true });
  using tested = open({ limits: { answer: 300 } });
  await assertFails(() => ask(tested), "timeout");
});

guardedTest("a realm that was wrong once is asked for anew", async ({ registry, realm, open }) => {
  registry.script = guarded("https://169.254.169.254/token");
  using tested = open();
  await assertFails(() => ask(tested), "lying", "its token realm leads to 169.254.169.254");
  registry.script = guarded(`${realm.url}/token`);
  assertEquals(await ask(tested), undefined);
});

const REALMS: [what: string, realm: (world: GuardedWorld) => string, resolve: typeof PUBLIC][] = [
  ["localhost", ({ realm }) => `${realm.urlBy("localhost")}/token`, INNER],
  [
    "the registry's host over http",
    ({ realm }) => `${realm.url.replace("https", "http")}/token`,
    PUBLIC,
  ],
  [
    "the registry's own port over http",
    ({ registry }) => `${registry.url.replace("https", "http")}/token`,
    PUBLIC,
  ],
  [
    "a public name over http",
    ({ realm }) => `${realm.urlBy("localhost").replace("https", "http")}/token`,
    PUBLIC,
  ],
  [
    "another address of this machine",
    ({ realm }) => `https://127.0.0.2:${realm.port}/token`,
    PUBLIC,
  ],
  ["this machine by IPv6", ({ realm }) => `https://[::1]:${realm.port}/token`, PUBLIC],
  ["this machine by 6to4", ({ realm }) => `https://[2002:7f00:1::]:${realm.port}/token`, PUBLIC],
  ["the metadata service", () => "http://169.254.169.254/token", PUBLIC],
  ["a private address", () => "https://192.168.0.1/token", PUBLIC],
  ["a URL with credentials", ({ realm }) => `https://a:b@${realm.host}/token`, PUBLIC],
  ["a file", () => "file:///etc/passwd", PUBLIC],
];

for (const [what, at, resolve] of REALMS) {
  guardedTest(`a realm at ${what} is refused, and nobody is asked there`, async (all) => {
    const { registry, realm, open } = all;
    registry.script = guarded(at(all));
    using tested = open({}, resolve);
    const error = await assertFails(() => ask(tested), "lying", "its token realm leads");
    assertEquals(realm.connections, 0);
    for (const each of registry.requests) assertEquals(shown(each), "-");
    assertEquals(tested.log.lines.length, 1);
    assertNoSecrets(tested, error);
  });
}

guardedTest(
  "a realm of another domain is asked anonymously, credentials or not",
  async ({ registry, realm, open }) => {
    registry.script = guarded(`${realm.urlBy("localhost")}/token`);
    using tested = open();
    assertEquals(await ask(tested), undefined);
    assertEquals(realm.requests.map(shown), ["-"]);
  },
);

guardedTest(
  "a realm that is no URL, or of no scheme that is known, leaves nothing to do",
  async ({ registry, open }) => {
    for (
      const challenge of [
        'Bearer realm="/token"',
        "Bearer",
        "Digest realm=x",
        'Bearer realm="https://["',
        '""==,,',
      ]
    ) {
      registry.script = () => ({ status: 401, headers: { "www-authenticate": challenge } });
      using tested = open();
      await assertFails(() => ask(tested), "denied", "answered 401");
      for (const each of registry.requests) assertEquals(shown(each), "-");
    }
  },
);
