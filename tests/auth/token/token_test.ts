import { assertEquals, assertNotEquals } from "@std/assert";
import type { Access, Decision } from "../../../src/auth/access_controller.ts";
import { keyIdsOf } from "../../../src/auth/token/key_id.ts";
import { privateKey, x5cOf } from "../../support/jws.ts";
import { OpenToken, PING } from "../../support/token_controller.ts";
import { claims, mint, publicJwk, TokenWorld } from "../../support/token_world.ts";
import { toolTest } from "../../support/tools.ts";

const NEEDS = { tools: ["openssl"] };
const PUSH: readonly Access[] = [
  { action: "pull", repository: "a/b" },
  { action: "push", repository: "a/b" },
];

function refusal(rest: string): Decision {
  const challenge = `Bearer realm="https://auth.test/token",service="registry.test"${rest}`;
  return { granted: false, status: 401, challenge };
}

function token(world: TokenWorld, changes: Readonly<Record<string, unknown>> = {}): string {
  return mint(world.keys.ec1, "ES256", { kid: "ec1" }, claims(changes));
}

toolTest(NEEDS, "a request without a token is told where to get one, and for what", async () => {
  await using world = await TokenWorld.make();
  await using open = await OpenToken.open(world.options());
  assertEquals(await open.ask(undefined), refusal(""));
  assertEquals(
    await open.ask(undefined, { accesses: PUSH }),
    refusal(',scope="repository:a/b:pull,push"'),
  );
  assertEquals(
    await open.ask(undefined, { accesses: PUSH, headers: { authorization: "Basic eDp5" } }),
    refusal(',scope="repository:a/b:pull,push"'),
  );
});

toolTest(
  NEEDS,
  "a token lets in to what it names, and its challenge tells what is missing",
  async () => {
    await using world = await TokenWorld.make();
    await using open = await OpenToken.open(world.options());
    const good = token(world);
    assertEquals((await open.ask(good, { accesses: PUSH })).granted, true);
    assertEquals((await open.ask(good, { accesses: PING })).granted, true);
    const more: readonly Access[] = [...PUSH, { action: "delete", repository: "a/b" }];
    assertEquals(await open.ask(good, { accesses: more }), {
      ...refusal(',scope="repository:a/b:pull,push,delete",error="insufficient_scope"'),
      user: "alice",
    });
    assertEquals(await open.ask(good, { accesses: [{ action: "catalog" }] }), {
      ...refusal(',scope="registry:catalog:*",error="insufficient_scope"'),
      user: "alice",
    });
    assertEquals(
      await open.ask(`${good}x`, { accesses: PUSH }),
      refusal(',scope="repository:a/b:pull,push",error="invalid_token"'),
    );
  },
);

toolTest(NEEDS, "a grant tells who it is, and from where else they may pull", async () => {
  await using world = await TokenWorld.make();
  await using open = await OpenToken.open(world.options());
  const access = [
    { type: "repository", name: "a/b", actions: ["pull"] },
    { type: "repository", name: "c", actions: ["push"] },
    { type: "repository", name: "c", actions: ["delete"] },
    { type: "repository", name: "d", actions: ["*"] },
    { type: "other", name: "e", actions: ["*"] },
    { type: "repository", name: "__proto__", actions: [] },
    { type: "registry", name: "catalog", actions: ["*"] },
  ];
  const bearer = token(world, { access });
  const grant = await open.ask(bearer);
  assertEquals(grant.granted && grant.user, "alice");
  const may = ["a/b", "c", "d", "e", "", "a", "*", "__proto__", "catalog"].filter((repository) =>
    grant.granted && grant.mayPull?.(repository)
  );
  assertEquals(may, ["a/b", "d"]);
  const both = await open.ask(bearer, {
    accesses: [{ action: "push", repository: "c" }, { action: "delete", repository: "c" }],
  });
  assertEquals(both.granted, true);
  // the right to the catalog is one to all of it
  assertEquals(await open.ask(bearer, { accesses: [{ action: "catalog" }] }), {
    granted: true,
    user: "alice",
  });
  const nobody = await open.ask(token(world, { sub: undefined, access }));
  assertEquals(nobody.granted && nobody.user, undefined);
});

toolTest(
  NEEDS,
  "a token that was checked is remembered, without another check or await",
  async () => {
    await using world = await TokenWorld.make();
    await using open = await OpenToken.open(world.options());
    const good = token(world);
    const all = await Promise.all([open.ask(good), open.ask(good), open.ask(good)]);
    assertEquals(all.map(({ granted }) => granted), [true, true, true]);
    assertEquals(open.outcomes, ["checked"]);
    const decision = open.ask(good);
    assertEquals(decision instanceof Promise, false);
    assertEquals(open.outcomes, ["checked", "remembered"]);
  },
);

toolTest(NEEDS, "a wrong token is checked each time, and never remembered as another", async () => {
  await using world = await TokenWorld.make();
  await using open = await OpenToken.open(world.options());
  const good = token(world);
  await open.ask(good);
  for (const wrong of [good.slice(0, -2), `${good}.`, `x${good}`, good.toLowerCase()]) {
    assertEquals((await open.ask(wrong)).granted, false);
    assertEquals((await open.ask(wrong)).granted, false);
  }
  assertEquals(open.outcomes, ["checked", ...Array(8).fill("wrong")]);
});

toolTest(
  NEEDS,
  "a remembered token ends with its exp, and no clock brings it back early",
  async () => {
    await using world = await TokenWorld.make();
    let now = Date.now();
    await using open = await OpenToken.open(world.options(), { now: () => now });
    const start = Math.floor(now / 1000);
    const good = token(world, { exp: start + 100 });
    assertEquals((await open.ask(good)).granted, true);
    now = (start + 159) * 1000;
    assertEquals((await open.ask(good)).granted, true);
    assertEquals(open.outcomes, ["checked", "remembered"]);
    now = (start + 160) * 1000;
    assertEquals((await open.ask(good)).granted, false);
    assertEquals(open.outcomes.at(-1), "wrong");
  },
);

toolTest(
  NEEDS,
  "a remembered token is checked again after a while, however long it lives",
  async () => {
    await using world = await TokenWorld.make();
    let now = Date.now();
    await using open = await OpenToken.open(world.options(), { now: () => now });
    const good = token(world, { exp: 1e15 });
    await open.ask(good);
    now += 5 * 60_000;
    assertEquals((await open.ask(good)).granted, true);
    assertEquals(open.outcomes, ["checked", "checked"]);
  },
);

toolTest(NEEDS, "a remembered token ends with the certificate that it brought", async () => {
  await using world = await TokenWorld.make();
  const aMinute = 60 / 86_400;
  const leaf = await world.certificates.issue("leaf", { until: aMinute });
  const bearer = mint(privateKey(leaf.key), "ES256", { x5c: x5cOf(leaf.certificate) });
  let now = Date.now();
  await using open = await OpenToken.open(world.options(), { now: () => now });
  assertEquals((await open.ask(bearer)).granted, true);
  now += 61_000;
  assertEquals((await open.ask(bearer)).granted, false);
});

toolTest(
  NEEDS,
  "too many unknown tokens are told to come again, and known ones are not",
  async () => {
    await using world = await TokenWorld.make();
    await using open = await OpenToken.open(world.options());
    const known = token(world);
    await open.ask(known);
    const flood = Array.from({ length: 400 }, (_, index) => open.ask(`${known}${index}`));
    const modest = open.ask(token(world), { remoteAddress: "192.0.2.1" });
    assertEquals((await open.ask(known)).granted, true);
    assertEquals((await modest).granted, true);
    const statuses = (await Promise.all(flood)).map((one) => one.granted ? 200 : one.status);
    assertEquals(statuses.filter((status) => status === 429).length, 400 - 8 - 256 + 1);
    assertEquals(statuses.filter((status) => status === 401).length, 8 + 256 - 1);
    const busy = (await Promise.all(flood)).find((one) => !one.granted && one.status === 429);
    assertEquals(busy?.granted === false && busy.retryAfter, 1);
    assertEquals(open.outcomes.filter((outcome) => outcome === "refused").length, 137);
  },
);

toolTest(NEEDS, "only so many tokens are remembered, those that were used last", async () => {
  await using world = await TokenWorld.make();
  await using open = await OpenToken.open(world.options());
  const padding = "x".repeat(40 * 1024);
  const tokens = Array.from({ length: 100 }, () => token(world, { padding }));
  const [first, second] = tokens;
  for (const one of tokens) {
    await open.ask(one);
    await open.ask(first);
  }
  open.outcomes.length = 0;
  await open.ask(first);
  await open.ask(second);
  assertEquals(open.outcomes, ["remembered", "checked"]);
});

toolTest(NEEDS, "signingalgorithms narrows what is accepted", async () => {
  await using world = await TokenWorld.make();
  const options = world.options({ signingalgorithms: ["RS256"] });
  await using open = await OpenToken.open(options);
  assertEquals((await open.ask(token(world))).granted, false);
  const other = mint(world.keys.rsa1, "RS256", { kid: "rsa1" });
  assertEquals((await open.ask(other)).granted, true);
  assertEquals((await open.ask(mint(world.keys.rsa1, "RS512", { kid: "rsa1" }))).granted, false);
});

toolTest(NEEDS, "autoredirect names the host of the request, else the realm", async () => {
  await using world = await TokenWorld.make();
  await using open = await OpenToken.open(world.options({ autoredirect: true }));
  const challengeFor = async (host: string) => {
    const decision = await open.ask(undefined, { headers: { host } });
    return decision.granted ? undefined : decision.challenge;
  };
  assertEquals(
    await challengeFor("hub.test:5000"),
    'Bearer realm="https://hub.test:5000/auth/token",service="registry.test"',
  );
  assertEquals(
    await challengeFor('hub.test",service="evil'),
    'Bearer realm="https://auth.test/token",service="registry.test"',
  );
});

toolTest(NEEDS, "a token that is longer than any is not looked at", async () => {
  await using world = await TokenWorld.make();
  await using open = await OpenToken.open(world.options());
  const long = token(world, { padding: "x".repeat(64 * 1024) });
  assertEquals((await open.ask(long)).granted, false);
  assertEquals((await open.ask(token(world, { padding: "x".repeat(40 * 1024) }))).granted, true);
});

toolTest(
  NEEDS,
  "a key of a bundled certificate goes by registry 3's and registry 2's name",
  async () => {
    await using world = await TokenWorld.make();
    await using open = await OpenToken.open(world.options());
    const [thumbprint = "", libtrust = ""] = keyIdsOf(publicJwk(world.signerKey));
    assertNotEquals(thumbprint, libtrust);
    for (const kid of [thumbprint, libtrust]) {
      assertEquals((await open.ask(mint(world.signerKey, "RS256", { kid }))).granted, true);
    }
  },
);
