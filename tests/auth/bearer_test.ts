import { assertEquals } from "@std/assert";
import { bearerToken } from "../../src/auth/bearer.ts";

Deno.test("bearerToken() takes the scheme in any case", () => {
  for (const scheme of ["Bearer", "bearer", "BEARER"]) {
    assertEquals(bearerToken(`${scheme} a.b.c`), "a.b.c");
  }
  assertEquals(bearerToken("Bearer   a.b.c"), "a.b.c");
});

Deno.test("bearerToken() is undefined without a token", () => {
  for (const header of [undefined, "", "Bearer", "Bearer ", "Bearera.b.c", "Basic a.b.c", " a"]) {
    assertEquals(bearerToken(header), undefined, header);
  }
});
