import { assertEquals } from "@std/assert";
import { keyIdsOf } from "../../../src/auth/token/key_id.ts";
import { chainCases } from "../../support/chain_cases.ts";
import { claimCases, keyCases, type TokenCase } from "../../support/token_cases.ts";
import { OpenToken } from "../../support/token_controller.ts";
import { formCases } from "../../support/token_forms.ts";
import { publicJwk, TokenWorld } from "../../support/token_world.ts";
import { toolTest } from "../../support/tools.ts";

const CASES: Readonly<Record<string, (world: TokenWorld) => Promise<TokenCase[]> | TokenCase[]>> = {
  "keys and algorithms": (world) => keyCases(world, kidOf(world)),
  "chains of certificates": chainCases,
  claims: (world) => claimCases(world, kidOf(world)),
  forms: (world) => formCases(world, kidOf(world)),
};

for (const [what, make] of Object.entries(CASES)) {
  toolTest({ tools: ["openssl"] }, `a token is judged by its ${what}`, async () => {
    await using world = await TokenWorld.make();
    await using open = await OpenToken.open(world.options());
    const judged: Record<string, boolean> = {};
    const expected: Record<string, boolean> = {};
    for (const { name, token, accepted } of await make(world)) {
      const decision = await open.ask(token);
      judged[name] = decision.granted;
      expected[name] = accepted;
      if (!decision.granted) {
        assertEquals(
          decision.challenge,
          'Bearer realm="https://auth.test/token",service="registry.test",error="invalid_token"',
          name,
        );
      }
    }
    assertEquals(judged, expected);
  });
}

toolTest({ tools: ["openssl"] }, "no part of a token reaches the log", async () => {
  await using world = await TokenWorld.make();
  await using open = await OpenToken.open(world.options());
  const cases = await Promise.all(Object.values(CASES).map((make) => make(world)));
  const secrets = new Set<string>();
  for (const { token } of cases.flat()) {
    await open.ask(token);
    for (const part of token.split(/[.*]/)) {
      for (let at = 0; at + 24 <= part.length; at += 24) secrets.add(part.slice(at, at + 24));
    }
  }
  for (const canary of ["alice", "issuer.test.evil", "dev/null", "127.0.0.1:9", "OR 1=1"]) {
    secrets.add(canary);
  }
  const log = open.log.lines.join("\n");
  assertEquals(open.log.lines.length > 80, true);
  assertEquals([...secrets].filter((secret) => log.includes(secret)), []);
});

function kidOf(world: TokenWorld): string {
  return keyIdsOf(publicJwk(world.signerKey))[0] ?? "";
}
