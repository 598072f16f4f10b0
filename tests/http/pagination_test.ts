import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { anyText } from "../support/any_text.ts";
import { nextPageLink, readPageQuery } from "../../src/http/pagination.ts";

const QUERIES: readonly (readonly [string, number | undefined, string, string])[] = [
  ["", undefined, "", ""],
  ["n=5", 5, "5", ""],
  ["n=0", 0, "0", ""],
  ["n=", undefined, "", ""],
  ["n=5&last=a%2Fb", 5, "5", "a/b"],
  ["last=x&n=007&other=1", 7, "007", "x"],
  ["n=1&n=2&last=a&last=b", 1, "1", "a"],
  ["n=abc", Number.NaN, "abc", ""],
  ["n=-1", Number.NaN, "-1", ""],
  ["n=%2B5", Number.NaN, "+5", ""],
  ["n=1.5", Number.NaN, "1.5", ""],
  ["n=0x10", Number.NaN, "0x10", ""],
  ["n=99999999999999999999", Number.MAX_SAFE_INTEGER, "99999999999999999999", ""],
  ["last=%", undefined, "", "%"],
];

for (const [query, n, nText, last] of QUERIES) {
  Deno.test(`readPageQuery() reads ${JSON.stringify(query)}`, () => {
    assertEquals(readPageQuery(query), { n, nText, last });
  });
}

Deno.test("nextPageLink() is relative, with sorted keys", () => {
  assertEquals(
    nextPageLink("/v2/_catalog", "a/b", 2),
    `</v2/_catalog?last=a%2Fb&n=2>; rel="next"`,
  );
  assertEquals(
    nextPageLink("/foo/v2/a/b/tags/list", "v1.0_x-y", 100),
    `</foo/v2/a/b/tags/list?last=v1.0_x-y&n=100>; rel="next"`,
  );
});

Deno.test("nextPageLink() lets nothing out of the angle brackets, and last can be read back", () => {
  fc.assert(fc.property(anyText, anyText, fc.nat(), (path, last, n) => {
    const link = nextPageLink(`/${path}`, last, n);
    const match = /^<([!-~]*)>; rel="next"$/.exec(link);
    const target = match?.[1];
    assert(target !== undefined && !/[<>"]/.test(target), link);
    assertEquals(readPageQuery(target.slice(target.lastIndexOf("?") + 1)), {
      n,
      nText: String(n),
      last: last.toWellFormed(),
    });
  }));
});
