import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { planCiphers } from "../../../src/http/tls/cipher_suites.ts";

const SPOKEN = [
  "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
];

Deno.test("planCiphers() says nothing when nothing, or all that is spoken, is listed", () => {
  assertEquals(planCiphers([], "tls1.2"), { allowed: undefined, warnings: [] });
  const { allowed, warnings } = planCiphers(SPOKEN, "tls1.2");
  assertEquals([[...allowed ?? []], warnings], [SPOKEN, []]);
});

Deno.test("planCiphers() refuses an unknown name and names the nearest", () => {
  assertThrows(
    () => planCiphers(["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA265"], "tls1.2"),
    Error,
    "did you mean TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256?",
  );
});

Deno.test("planCiphers() refuses a list of which nothing is spoken", () => {
  assertThrows(
    () => planCiphers(["TLS_RSA_WITH_AES_128_CBC_SHA"], "tls1.2"),
    Error,
    "none of TLS_RSA_WITH_AES_128_CBC_SHA is spoken here",
  );
});

Deno.test("planCiphers() tells what is not spoken, and that it can only refuse", () => {
  const names = [SPOKEN[0] ?? "", "TLS_RSA_WITH_AES_128_CBC_SHA"];
  const { allowed, warnings } = planCiphers(names, "tls1.2");
  assertEquals([...allowed ?? []], [SPOKEN[0]]);
  assertStringIncludes(warnings[0] ?? "", "TLS_RSA_WITH_AES_128_CBC_SHA, not spoken here");
  assertStringIncludes(warnings[1] ?? "", "can");
  assertEquals(warnings.length, 2);
});

Deno.test("planCiphers() makes TLS 1.3 the lowest version when only its suites are left", () => {
  const { allowed, warnings } = planCiphers(["TLS_AES_128_GCM_SHA256"], "tls1.2");
  assertEquals(allowed?.size, 0);
  assertStringIncludes(warnings.join(), "TLS 1.3 is the lowest version");
});

Deno.test("planCiphers() leaves TLS 1.3 alone, as Go does, and says so", () => {
  const { allowed, warnings } = planCiphers(["TLS_RSA_WITH_AES_128_CBC_SHA"], "tls1.3");
  assertEquals(allowed, undefined);
  assertStringIncludes(warnings.join(), "no effect");
});
