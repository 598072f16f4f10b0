import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Glob } from "../../src/oci/glob.ts";

const CASES: readonly (readonly [pattern: string, yes: string, no: string])[] = [
  ["app", "app", "ap apps team/app App"],
  ["team/app", "team/app", "team team/app/x team-app"],
  ["team/*", "team/app team/a", "team team/app/x other/app teams/app"],
  ["team/**", "team/app team/app/x team/a/b/c", "team teams/app other/team/app"],
  ["*", "app a", "team/app"],
  ["**", "app team/app a/b/c", ""],
  ["***", "app team/app a/b/c", ""],
  ["**/app", "team/app a/b/app", "app team/apps app/x"],
  ["a/**/z", "a/b/z a/b/c/z", "a/z a/b/zz"],
  ["*/app", "team/app", "app a/b/app"],
  ["a*z", "az abz abbz", "a a/z azz/ bz"],
  ["a*b*c", "abc aXbYc abbcc", "acb ab"],
  ["a?c", "abc a.c", "ac abbc a/c"],
  ["?", "a ü 😀", "ab /"],
  ["ci-*", "ci-build ci-", "ci ci-a/b xci-a"],
  ["*-bot", "deploy-bot -bot", "bot deploy-bots"],
  ["team/*/x?/**", "team/a/x1/b team/a/x1/b/c", "team/a/x/b team/a/b/x1/c team/a/x1"],
  // nothing of a RegExp or of a shell means anything
  ["a.c", "a.c", "abc"],
  ["a+", "a+", "a aa"],
  ["[ab]", "[ab]", "a b"],
  ["{a,b}", "{a,b}", "a b"],
  ["!a", "!a", "b"],
  ["a|b", "a|b", "a b"],
  ["^a$", "^a$", "a"],
  ["\\*", "\\ \\x", "*"],
];

for (const [pattern, yes, no] of CASES) {
  Deno.test(`the glob ${pattern} matches ${yes}, and not ${no || "nothing"}`, () => {
    const glob = new Glob(pattern);
    for (const name of yes.split(" ")) assert(glob.matches(name), name);
    for (const name of no.split(" ")) {
      if (name !== "") assert(!glob.matches(name), name);
    }
  });
}

/** The same by a RegExp, which is right but can be made to backtrack. */
function reference(pattern: string): RegExp {
  const source = pattern.replace(/\*\*+|\*|\?|[^]/gu, (piece) => {
    if (piece === "?") return "[^/]";
    if (piece === "*") return "[^/]*";
    return piece.startsWith("**") ? "[^]*" : piece.replace(/[.+/]/, "\\$&");
  });
  return new RegExp(`^${source}$`, "u");
}

const PIECES = fc.array(fc.constantFrom("a", "b", "/", "*", "**", "?", "."), { maxLength: 8 });
const NAME = fc.array(fc.constantFrom("a", "b", "/", "."), { maxLength: 10 })
  .map((parts) => parts.join(""));

Deno.test("a glob matches what the same RegExp matches", () => {
  fc.assert(
    fc.property(PIECES, NAME, (pieces, name) => {
      const pattern = pieces.join("");
      assertEquals(new Glob(pattern).matches(name), reference(pattern).test(name));
    }),
    { numRuns: 5_000 },
  );
});

Deno.test("matchesBelow() is true for every folder above a name that matches", () => {
  fc.assert(
    fc.property(PIECES, NAME, (pieces, name) => {
      const glob = new Glob(pieces.join(""));
      if (name.endsWith("/") || !glob.matches(name)) return; // no name ends so
      for (let at = name.indexOf("/"); at >= 0; at = name.indexOf("/", at + 1)) {
        assert(glob.matchesBelow(name.slice(0, at)), `${pieces.join("")} below ${name}`);
      }
    }),
    { numRuns: 5_000 },
  );
});

Deno.test("matchesBelow() is false where nothing can match", () => {
  const below = (pattern: string, folder: string) => new Glob(pattern).matchesBelow(folder);
  assertEquals([below("team/**", "team"), below("team/**", "team/a"), below("**", "x")], [
    true,
    true,
    true,
  ]);
  assertEquals([below("team/*", "team"), below("team/*", "team/a")], [true, false]);
  assertEquals([below("app", "app"), below("*", "app"), below("te?m/x", "team")], [
    false,
    false,
    true,
  ]);
  assertEquals([below("team/a/b", "team"), below("team/a/b", "team/a"), below("team/a/b", "te")], [
    true,
    true,
    false,
  ]);
});

Deno.test("only a run of stars is everything", () => {
  const isEverything = ["**", "***", "*", "**/**", "**a", "a**", "", "?"].map((pattern) =>
    new Glob(pattern).isEverything
  );
  assertEquals(isEverything, [true, true, false, false, false, false, false, false]);
});

Deno.test("a hostile name costs no more than its length times that of the pattern", () => {
  // by backtracking: longer than the age of the universe
  const glob = new Glob(`${"*a".repeat(20)}**${"?*b".repeat(20)}c`);
  assertEquals(glob.matches("a".repeat(5_000)), false);
  assertEquals(glob.matches("ab/".repeat(5_000)), false);
});
