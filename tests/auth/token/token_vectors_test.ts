import { assertEquals } from "@std/assert";
import type { KeyObject } from "node:crypto";
import type { Access } from "../../../src/auth/access_controller.ts";
import type { CertificateOptions, Issued } from "../../support/certificates.ts";
import { privateKey, x5cOf } from "../../support/jws.ts";
import { OpenToken } from "../../support/token_controller.ts";
import { claims, mint, publicJwk, seconds, TokenWorld } from "../../support/token_world.ts";
import { toolTest } from "../../support/tools.ts";

/** The cases of distribution's registry/auth/token/token_test.go: its tokens embed their key, by name or with a chain. */
const NEEDS = { tools: ["openssl"] };

function embedding(key: KeyObject, jwk: Readonly<Record<string, unknown>>, payload = claims()) {
  return mint(key, "ES256", { jwk: { ...publicJwk(key), ...jwk, alg: "ES256" } }, payload);
}

toolTest(NEEDS, "TestTokenVerify: chains of no, one, two and three certificates", async () => {
  await using world = await TokenWorld.make();
  await using open = await OpenToken.open(world.options());
  const { certificates } = world;
  assertEquals((await open.ask(embedding(world.keys.ec1, { kid: "ec1" }))).granted, true);
  let issuer: Issued = certificates.root;
  for (const depth of [1, 2, 3]) {
    const options: CertificateOptions = { use: "ca", issuer };
    issuer = await certificates.issue(`depth-${depth}`, options);
    const x5c = x5cOf(issuer.certificate);
    assertEquals(x5c.length, depth);
    const token = embedding(privateKey(issuer.key), { x5c });
    assertEquals((await open.ask(token)).granted, true, `depth ${depth}`);
  }
});

toolTest(NEEDS, "TestLeeway: a minute either way", async () => {
  await using world = await TokenWorld.make();
  // in the middle of a second, so that no second passes between making a token and asking
  const now = seconds() * 1000 + 500;
  await using open = await OpenToken.open(world.options(), { now: () => now });
  const isGood = async (nbf: number, exp: number) => {
    const payload = claims({ nbf: now / 1000 + nbf, iat: undefined, exp: now / 1000 + exp });
    return (await open.ask(embedding(world.keys.ec1, { kid: "ec1" }, payload))).granted;
  };
  assertEquals(await isGood(5, 305), true);
  assertEquals(await isGood(61, 361), false);
  assertEquals(await isGood(0, -59), true);
  assertEquals(await isGood(0, -60.5), false);
});

toolTest(
  NEEDS,
  "TestAccessController: no, invalid, insufficient, sufficient and full rights",
  async () => {
    await using world = await TokenWorld.make();
    await using open = await OpenToken.open(world.options());
    const { certificates, keys, stranger } = world;
    const accesses: readonly Access[] = [{ action: "delete", repository: "bar" }];
    const errorOf = async (token: string | undefined) => {
      const decision = await open.ask(token, { accesses });
      return decision.granted ? decision.user : /error="(.*)"/.exec(decision.challenge ?? "")?.[1];
    };
    const leaf = await certificates.issue("leaf", { use: "ca" });
    const x5c = x5cOf(leaf.certificate);
    const rights = (...actions: string[]) =>
      claims({ sub: "foo", access: [{ type: "repository", name: "bar", actions }] });
    const key = privateKey(leaf.key);
    assertEquals(await errorOf(undefined), undefined);
    assertEquals(await errorOf(embedding(stranger, { x5c }, rights("delete"))), "invalid_token");
    assertEquals(
      await errorOf(embedding(key, { x5c }, claims({ access: [] }))),
      "insufficient_scope",
    );
    assertEquals(await errorOf(embedding(key, { x5c }, rights("delete"))), "foo");
    assertEquals(await errorOf(embedding(key, { x5c }, rights("*"))), "foo");
    assertEquals(await errorOf(embedding(keys.ec1, { kid: "ec1" }, rights("delete"))), "foo");
  },
);

toolTest(
  NEEDS,
  "TestVerifyJWKWithTrustedKey: the configured key counts, and only under its name",
  async () => {
    await using world = await TokenWorld.make();
    await using open = await OpenToken.open(world.options());
    const { ec1, ec2 } = world.keys;
    assertEquals((await open.ask(embedding(ec1, { kid: "ec1" }))).granted, true);
    assertEquals((await open.ask(embedding(ec1, { kid: "different-key-id" }))).granted, false);
    assertEquals((await open.ask(embedding(ec2, { kid: "ec1" }))).granted, false);
  },
);

toolTest(
  NEEDS,
  "TestRootCertIncludedInTrustedKeys, TestJWKSIncludedInTrustedKeys: either file is enough",
  async () => {
    await using world = await TokenWorld.make();
    await using bundle = await OpenToken.open(world.options({ jwks: undefined }));
    await using jwks = await OpenToken.open(world.options({ rootcertbundle: undefined }));
    const leaf = await world.certificates.issue("leaf");
    const chained = mint(privateKey(leaf.key), "ES256", { x5c: x5cOf(leaf.certificate) });
    const named = mint(world.keys.ec1, "ES256", { kid: "ec1" });
    assertEquals((await bundle.ask(chained)).granted, true);
    assertEquals((await bundle.ask(named)).granted, false);
    assertEquals((await jwks.ask(chained)).granted, false);
    assertEquals((await jwks.ask(named)).granted, true);
  },
);
