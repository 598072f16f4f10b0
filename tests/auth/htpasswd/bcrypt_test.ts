import { assert, assertEquals } from "@std/assert";
import { hashPassword, isPassword } from "../../../src/auth/htpasswd/bcrypt.ts";
import { costOf, dummyHash } from "../../../src/auth/htpasswd/bcrypt_hash.ts";
import { checkPassword } from "../../../src/auth/htpasswd/check_password.ts";
import { run } from "../../support/process.ts";
import { requireTool, toolTest } from "../../support/tools.ts";

/** Of "baggins", from distribution's tests. */
const BAGGINS = "$2y$05$926C3y10Quzn/LnqQH86VOEVh/18T6RnLaS.khre96jLNL/7e.K5W";

Deno.test("isPassword() knows the right password from others, for each letter", () => {
  for (const letter of ["a", "b", "y"]) {
    const hash = BAGGINS.replace("$2y$", `$2${letter}$`);
    assertEquals(isPassword("baggins", hash), true);
    for (const other of ["", "Baggins", "bagginss", "baggin"]) {
      assertEquals(isPassword(other, hash), false);
    }
  }
});

Deno.test("hashPassword() makes a hash of the kind of htpasswd that only its password fits", async () => {
  const [one, other] = [await hashPassword("a", 4), await hashPassword("a", 4)];
  assert(one !== other);
  assert(one.startsWith("$2y$04$"));
  assertEquals(costOf(one), 4);
  assertEquals([isPassword("a", one), isPassword("b", one)], [true, false]);
});

Deno.test("isPassword() looks at 72 bytes and takes a NUL for a byte, as Go does", async () => {
  const long = await hashPassword("x".repeat(80), 4);
  assertEquals(isPassword("x".repeat(72), long), true);
  assertEquals(isPassword("x".repeat(72) + "other", long), true);
  assertEquals(isPassword("x".repeat(71), long), false);
  const nul = await hashPassword("a\0b", 4);
  assertEquals(isPassword("a\0b", nul), true);
  assertEquals(isPassword("a", nul), false);
  assertEquals(isPassword("a\0c", nul), false);
});

Deno.test("isPassword() takes a salt with unused bits, as Go does", () => {
  const hash = BAGGINS;
  const last = hash.charAt(28);
  assertEquals(last, "O");
  for (const same of "PQRSTU") {
    assertEquals(isPassword("baggins", hash.slice(0, 28) + same + hash.slice(29)), true);
  }
  assertEquals(isPassword("baggins", hash.slice(0, 28) + "." + hash.slice(29)), false);
});

/** Rounds of bcrypt that a check runs: powers of two add up. */
function rounds(hash: string, wrongCost: number, right = false): number {
  let sum = 0;
  checkPassword({ password: "p", hash, wrongCost }, (_password, checked) => {
    sum += 2 ** (costOf(checked) ?? NaN);
    return right;
  });
  return sum;
}

Deno.test("checkPassword() runs as many rounds for a wrong password of a cheap entry as for the dearest", () => {
  for (let cost = 4; cost <= 14; cost++) {
    assertEquals(rounds(dummyHash(cost), 14), 2 ** 14);
    assertEquals(rounds(dummyHash(cost), cost), 2 ** cost);
    assertEquals(rounds(dummyHash(cost), 14, true), 2 ** cost);
  }
});

Deno.test("a dummy hash is one that bcrypt can check, of its cost", () => {
  assertEquals([costOf(dummyHash(4)), costOf(dummyHash(12))], [4, 12]);
  assertEquals(isPassword("anything", dummyHash(4)), false);
});

toolTest({ tools: ["htpasswd"] }, "isPassword() fits what Apache's htpasswd writes", async () => {
  for (const password of ["secret", "", "ünïcode", " sp ace ", "x".repeat(72)]) {
    const { stdout } = await run([requireTool("htpasswd"), "-BbnC", "4", "u", password]);
    const hash = stdout.trim().slice(2);
    assertEquals([isPassword(password, hash), isPassword(`${password}.`, hash)], [
      true,
      // bytes beyond 72 don't count
      password.length >= 72,
    ]);
  }
});
