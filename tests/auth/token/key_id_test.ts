import { assertEquals, assertMatch } from "@std/assert";
import { calculateJwkThumbprint } from "jose";
import { generateKeyPairSync } from "node:crypto";
import { keyIdsOf } from "../../../src/auth/token/key_id.ts";
import { ecKeyWithLeadingZero, publicJwk } from "../../support/token_world.ts";

Deno.test("keyIdsOf() has the thumbprint of RFC 7638 section 3.1", () => {
  const n =
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWK" +
    "RXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZg" +
    "nYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1" +
    "jF44-csFCur-kEgU8awapJzKnqDKgw";
  const ids = keyIdsOf({ kty: "RSA", n, e: "AQAB", alg: "RS256" });
  assertEquals(ids[0], "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
  assertMatch(ids[1] ?? "", /^([A-Z2-7]{4}:){11}[A-Z2-7]{4}$/);
});

Deno.test("keyIdsOf() agrees with jose on keys of each type", async () => {
  for (
    const { privateKey } of [
      generateKeyPairSync("ec", { namedCurve: "P-256" }),
      generateKeyPairSync("ec", { namedCurve: "P-521" }),
      generateKeyPairSync("ed25519"),
    ]
  ) {
    const jwk = publicJwk(privateKey);
    assertEquals(keyIdsOf(jwk)[0], await calculateJwkThumbprint(jwk));
  }
});

Deno.test("keyIdsOf() has the thumbprint without leading zeros too, as registry 3 makes it", async () => {
  const jwk = publicJwk(ecKeyWithLeadingZero());
  const x = Uint8Array.fromBase64(String(jwk.x), { alphabet: "base64url" });
  const short = { ...jwk, x: x.subarray(1).toBase64({ alphabet: "base64url", omitPadding: true }) };
  assertEquals(x[0], 0);
  assertEquals(keyIdsOf(jwk).slice(0, 2), [
    await calculateJwkThumbprint(jwk),
    await calculateJwkThumbprint(short),
  ]);
});
