import { assertEquals } from "@std/assert";
import { bearerChallenge } from "../../src/auth/challenge.ts";

const NAMES = { realm: "https://auth.test/token", service: "registry.test" };

Deno.test("bearerChallenge() has realm, service, scope and error in distribution's order", () => {
  assertEquals(
    bearerChallenge(NAMES),
    'Bearer realm="https://auth.test/token",service="registry.test"',
  );
  assertEquals(
    bearerChallenge({ ...NAMES, scope: "repository:a:pull", error: "insufficient_scope" }),
    'Bearer realm="https://auth.test/token",service="registry.test",scope="repository:a:pull",' +
      'error="insufficient_scope"',
  );
});

Deno.test("bearerChallenge() lets no text out of its quotes or its line", () => {
  assertEquals(
    bearerChallenge({ realm: 'a"b\\c\r\nSet-Cookie: x\0', service: "é" }),
    'Bearer realm="a\\"b\\\\cSet-Cookie: x",service="Ã©"',
  );
});
