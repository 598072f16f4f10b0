import { assert, assertEquals } from "@std/assert";
import {
  ask,
  assertNoSecrets,
  BASIC,
  guarded,
  guardedTest,
  shown,
  tokens,
} from "../support/guarded_upstream.ts";
import { assertFails, byTag, repository } from "../support/tested_upstream.ts";

const app = repository("team/app");

guardedTest(
  "a token is asked for with Basic and our scope, and kept for its repository",
  async ({ registry, realm, open }) => {
    using tested = open();
    for (const name of ["team/app", "team/app", "team/other"]) {
      assertEquals(
        await ask(tested, name),
        undefined,
      );
    }
    assertEquals(realm.requests.map((each) => `${shown(each)} ${each.target}`), [
      `${BASIC} /token?service=reg.test&scope=repository%3Ateam%2Fapp%3Apull`,
      `${BASIC} /token?service=reg.test&scope=repository%3Ateam%2Fother%3Apull`,
    ]);
    assertEquals(registry.requests.map((each) => `${each.target.slice(0, 12)} ${shown(each)}`), [
      "/v2/ -", // how it wants them
      "/v2/team/app Bearer t0k0",
      "/v2/team/app Bearer t0k0",
      "/v2/team/oth Bearer t0k1",
    ]);
    assertNoSecrets(tested);
  },
);

guardedTest(
  "without credentials a token is asked for anonymously, after the first 401",
  async ({ registry, realm, open }) => {
    using tested = open({ username: undefined });
    for (let i = 0; i < 2; i++) await ask(tested);
    assertEquals(realm.requests.map(shown), ["-"]);
    assertEquals(registry.requests.map(shown), ["-", "Bearer t0k0", "Bearer t0k0"]);
  },
);

for (
  const [said, seconds] of [[{ expires_in: 300 }, 270], [{}, 54], [{ expires_in: "soon" }, 54], [{
    expires_in: -5,
  }, 54], [{ expires_in: 1e12 }, 3240]] as const
) {
  guardedTest(
    `a token with ${JSON.stringify(said)} is used for ${seconds} s from its receipt`,
    async ({ realm, open }) => {
      realm.script = tokens({ ...said, issued_at: "1999-01-01T00:00:00Z" }, "access_token");
      using tested = open({ username: undefined });
      await ask(tested);
      tested.clock.time += seconds * 1_000 - 1;
      await ask(tested);
      assertEquals(realm.requests.length, 1);
      tested.clock.time += 1;
      await ask(tested);
      assertEquals(realm.requests.length, 2);
    },
  );
}

guardedTest("many who need one token share one request for it", async ({ realm, open }) => {
  using tested = open();
  await Promise.all(Array.from({ length: 20 }, () => ask(tested)));
  assertEquals(realm.requests.length, 1);
});

guardedTest(
  "one of many who wait for a token leaves, the others get it",
  async ({ realm, open }) => {
    const { promise: after, resolve } = Promise.withResolvers<void>();
    realm.script = () => ({ after, body: '{"token":"t0k"}' });
    using tested = open();
    const controller = new AbortController();
    const first = tested.upstream.manifest(app, byTag("v1"), { signal: controller.signal });
    const leaving = first.then(() => "answered", (error) => error.message);
    const second = ask(tested);
    while (realm.requests.length === 0) await new Promise((go) => setTimeout(go, 2));
    controller.abort(new Error("left"));
    assertEquals(await leaving, "left");
    resolve();
    assertEquals(await second, undefined);
    assertEquals(realm.requests.length, 1);
  },
);

guardedTest(
  "a kept token that is refused is dropped, and one more is fetched",
  async ({ registry, realm, open }) => {
    using tested = open();
    await ask(tested);
    registry.script = guarded(`${realm.url}/token`, (header) => header === "Bearer t0k1");
    assertEquals(await ask(tested), undefined);
    registry.script = guarded(`${realm.url}/token`, () => false);
    const before = realm.requests.length;
    const error = await assertFails(() => ask(tested), "denied", "answered 401");
    assertEquals(realm.requests.length, before + 1);
    assertEquals(error.options.status, 401);
    assertNoSecrets(tested, error);
  },
);

guardedTest(
  "credentials that the token server refuses: told, tried anonymously, and not again for a minute",
  async ({ realm, open }) => {
    let count = 0;
    realm.script = ({ headers }) =>
      headers.has("authorization") ? { status: 401 } : { body: `{"token":"t0k${count++}"}` };
    using tested = open();
    await ask(tested);
    await ask(tested, "team/other");
    assertEquals(realm.requests.map(shown), [BASIC, "-", "-"]);
    assertEquals(tested.metrics.filter((line) => line === "credentialsRefused").length, 1);
    assert(tested.log.lines[0]?.includes("refuses the configured credentials"));
    tested.clock.time += 60_000;
    await ask(tested);
    assertEquals(realm.requests.slice(3).map(shown), [BASIC, "-"]);
    assertNoSecrets(tested);
  },
);

guardedTest(
  "Basic is shown to a registry that wants it, and to no other",
  async ({ registry, open }) => {
    registry.script = ({ headers }) =>
      headers.get("authorization") === BASIC
        ? { status: 404 }
        : { status: 401, headers: { "www-authenticate": 'Basic realm="x"' } };
    using tested = open();
    for (let i = 0; i < 2; i++) assertEquals(await ask(tested), undefined);
    assertEquals(registry.requests.map(shown), ["-", BASIC, BASIC]);
    using wrong = open({ password: "wrong" });
    await assertFails(() => ask(wrong), "denied", "check the credentials");
    assertEquals(wrong.metrics.filter((line) => line === "credentialsRefused").length, 1);
    using none = open({ username: undefined });
    await assertFails(() => ask(none), "denied", "none are configured");
  },
);

guardedTest("a registry that never asks for credentials gets none", async ({ registry, open }) => {
  registry.script = ({ target }) => target === "/v2/" ? {} : { status: 404 };
  using tested = open();
  for (let i = 0; i < 2; i++) await ask(tested);
  assertEquals(registry.requests.map(shown), ["-", "-", "-"]);
});
