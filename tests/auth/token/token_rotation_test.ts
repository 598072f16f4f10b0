import { assertEquals, assertStringIncludes } from "@std/assert";
import { generateKeyPairSync } from "node:crypto";
import { systemClock } from "../../../src/async/clock.ts";
import { TokenController } from "../../../src/auth/token/token_controller.ts";
import { readTokenKeys } from "../../../src/auth/token/token_keys.ts";
import { NO_METRICS } from "../../../src/metrics/metrics.ts";
import { RecordedLog } from "../../support/recorded_log.ts";
import { OpenToken } from "../../support/token_controller.ts";
import { ISSUER, mint, publicJwk, REALM, SERVICE, TokenWorld } from "../../support/token_world.ts";
import { toolTest } from "../../support/tools.ts";
import { privateKey, x5cOf } from "../../support/jws.ts";

const NEEDS = { tools: ["openssl"] };
const RULES = { realm: REALM, service: SERVICE, issuer: ISSUER };

toolTest(
  NEEDS,
  "replacing the JWKS lets the new key in and the old out, remembered or not",
  async () => {
    await using world = await TokenWorld.make();
    await using open = await OpenToken.open(world.options());
    const old = mint(world.keys.ec1, "ES256", { kid: "ec1" });
    const kept = mint(world.keys.ed1, "EdDSA", { kid: "ed1" });
    assertEquals((await open.ask(old)).granted, true);
    assertEquals((await open.ask(kept)).granted, true);
    const fresh = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    await world.writeJwks({ ec3: fresh, ed1: world.keys.ed1 });
    await until(() => open.reloads.length === 1);
    assertEquals((await open.ask(old)).granted, false);
    assertEquals((await open.ask(mint(fresh, "ES256", { kid: "ec3" }))).granted, true);
    assertEquals((await open.ask(kept)).granted, true);
    assertEquals(open.reloads, [true]);
  },
);

toolTest(NEEDS, "a kid that now names another key lets the old key out", async () => {
  await using world = await TokenWorld.make();
  await using open = await OpenToken.open(world.options());
  const old = mint(world.keys.ec1, "ES256", { kid: "ec1" });
  assertEquals((await open.ask(old)).granted, true);
  await world.writeJwks({ ec1: world.keys.ec2 });
  await until(() => open.reloads.length === 1);
  assertEquals((await open.ask(old)).granted, false);
  assertEquals((await open.ask(mint(world.keys.ec2, "ES256", { kid: "ec1" }))).granted, true);
});

toolTest(NEEDS, "a root that leaves the bundle takes its chains with it", async () => {
  await using world = await TokenWorld.make();
  await using open = await OpenToken.open(world.options());
  const leaf = await world.certificates.issue("leaf");
  const x5c = x5cOf(leaf.certificate);
  const token = mint(privateKey(leaf.key), "ES256", { x5c });
  assertEquals((await open.ask(token)).granted, true);
  await world.writeBundle([world.signer.certificate]);
  await until(() => open.reloads.length === 1);
  assertEquals((await open.ask(token)).granted, false);
});

Deno.test("a token that is being checked while the keys change is checked by the new ones", async () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const read = (keys: unknown[]) => {
    const contents = [new TextEncoder().encode(JSON.stringify({ keys }))];
    return readTokenKeys(
      { rootcertbundle: undefined, jwks: "/keys.json" },
      contents,
      new RecordedLog(),
    );
  };
  const mine = { ...publicJwk(privateKey), kid: "mine" };
  const other = publicJwk(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
  const old = read([mine]);
  const source = { current: old, reload: async () => {}, close: async () => {} };
  const parts = { logger: new RecordedLog(), metrics: NO_METRICS, clock: systemClock };
  const rules = { ...RULES, signingalgorithms: [], autoredirect: false, autoredirectpath: "" };
  const controller = new TokenController(rules, parts, source);
  const header = () => `Bearer ${mint(privateKey, "ES256", { kid: "mine" })}`;
  const ask = (authorization: string) =>
    controller.authorize(
      { header: () => authorization, remoteAddress: "127.0.0.1", secure: false },
      [{ action: "ping" }],
    );
  const [revoked, kept] = [header(), header()];
  const wasRevoked = ask(revoked);
  source.current = read([{ ...other, kid: "mine" }]);
  assertEquals((await wasRevoked).granted, false);
  source.current = old;
  const isKept = ask(kept);
  source.current = read([mine, { ...other, kid: "new" }]);
  assertEquals((await isKept).granted, true);
  // what was checked by keys of before is nothing to those that come back
  source.current = old;
  assertEquals(ask(kept) instanceof Promise, true);
  await ask(kept);
});

for (
  const [what, text] of [
    ["half written", '{"keys":[{"kty":"EC","crv":"P-256","kid":"ec1","x":"AAAA'],
    ["empty", ""],
    ["without keys", '{"keys":[]}'],
  ] as const
) {
  toolTest(
    NEEDS,
    `a JWKS that is ${what} leaves the old keys in force, and is told once`,
    async () => {
      await using world = await TokenWorld.make();
      await using open = await OpenToken.open(world.options());
      const token = mint(world.keys.ec1, "ES256", { kid: "ec1" });
      await Deno.writeTextFile(world.jwks, text);
      await until(() => open.reloads.length > 0);
      assertEquals((await open.ask(token)).granted, true);
      assertEquals(open.reloads, [false]);
      const log = open.log.lines.join("\n");
      assertStringIncludes(log, world.jwks);
      assertEquals(text !== "" && log.includes(text), false);
      await world.writeJwks({ ec1: world.keys.ec2 });
      await until(() => open.reloads.length > 1);
      assertEquals((await open.ask(token)).granted, false);
    },
  );
}

toolTest(NEEDS, "reload() reads files again that look as before", async () => {
  await using world = await TokenWorld.make();
  await using open = await OpenToken.open(world.options());
  await open.controller.reload?.();
  assertEquals(open.reloads, [true]);
  assertEquals((await open.ask(mint(world.keys.ec1, "ES256", { kid: "ec1" }))).granted, true);
});

async function until(isSo: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error("Cannot go on: it has not happened");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
