import { assertEquals, assertThrows } from "@std/assert";
import { goPattern } from "../../src/config/go_pattern.ts";

Deno.test("goPattern() matches as Go does", () => {
  const cases: [pattern: string, text: string, matches: boolean][] = [
    ["^https?://([^/]+\\.)*example\\.com/", "https://www.example.com/x", true],
    ["^https?://([^/]+\\.)*example\\.com/", "https://example.org/x", false],
    ["(?i)^HTTPS", "https://x", true],
    ["\\Ahttps", "https://x", true],
    ["\\Ahttps", "Ahttps", false],
    ["com\\z", "example.com", true],
    ["com\\z", "example.com/", false],
    ["a\\-b\\_c\\/", "a-b_c/", true],
    ["[a\\-b]$", "x-", true],
    ["(?P<name>x)", "x", true],
    ["\\\\z", "a\\z", true],
  ];
  for (const [pattern, text, matches] of cases) {
    assertEquals(goPattern(pattern).test(text), matches, `${pattern} on ${text}`);
  }
});

Deno.test("goPattern() refuses what it cannot match in the same way", () => {
  for (const pattern of ["(", "[[:alpha:]]", "\\Qa.b\\E", "\\pL", "a**", "(?U)a+"]) {
    assertThrows(() => goPattern(pattern), SyntaxError);
  }
});
