import { assert, assertEquals } from "@std/assert";
import { asRepositoryName, asTag } from "../../src/oci/reference.ts";
import { answer, codeOf, fakeApi } from "../support/api.ts";
import { sha256 } from "../support/fake_registry.ts";
import type { ApiOptions } from "../../src/api/options.ts";

/** An API whose repositories have the tag `t`, the last of them `tags` as well. */
function listing(names: readonly string[], tags: readonly string[], options?: Partial<ApiOptions>) {
  const { api, registry } = fakeApi(options);
  const bytes = new Uint8Array();
  for (const text of names) {
    const name = asRepositoryName(text);
    assert(name);
    const { manifests } = registry.repository(name);
    manifests.put({ bytes, contentType: undefined, tags: [], digest: sha256(text) });
    for (const text of tags) {
      const tag = asTag(text);
      assert(tag);
      manifests.put({ bytes, contentType: undefined, tags: [tag] });
    }
  }
  return (target: string) => answer(api, target);
}

/** Status, body and Link of an answer in one line. */
async function line(get: ReturnType<typeof listing>, target: string): Promise<string> {
  const got = await get(target);
  const link = got.got("link");
  return `${got.status} ${got.text.trimEnd()}${link === undefined ? "" : ` ${link}`}`;
}

const NAMES = ["a", "a/b", "c"];

const CATALOG: readonly (readonly [string, string])[] = [
  ["", '200 {"repositories":["a","a/b","c"]}'],
  ["?n=", '200 {"repositories":["a","a/b","c"]}'],
  ["?n=0", '200 {"repositories":[]}'],
  ["?n=2", '200 {"repositories":["a","a/b"]} </v2/_catalog?last=a%2Fb&n=2>; rel="next"'],
  ["?n=2&last=a%2Fb&x=y", '200 {"repositories":["c"]}'],
  // No Link when the page ends at the last one, which distribution gives when an unlisted folder follows.
  ["?n=3", '200 {"repositories":["a","a/b","c"]}'],
  ["?n=1000", '200 {"repositories":["a","a/b","c"]}'],
  ["?last=aa", '200 {"repositories":["c"]}'],
  ["?last=z", '200 {"repositories":[]}'],
];

for (const [query, expected] of CATALOG) {
  Deno.test(`getCatalog() answers ${query || "no parameters"}`, async () => {
    assertEquals(await line(listing(NAMES, []), `/v2/_catalog${query}`), expected);
  });
}

const BAD_PAGE = "PAGINATION_NUMBER_INVALID";

Deno.test("getCatalog() refuses an n that is none or too large", async () => {
  const get = listing(NAMES, []);
  const seen = [];
  for (const n of ["-1", "abc", "1001", "1e3", "1000000000000", " 1"]) {
    const got = await get(`/v2/_catalog?n=${n.replace(" ", "+")}`);
    assertEquals([got.status, codeOf(got)], [400, BAD_PAGE]);
    seen.push(JSON.parse(got.text).errors[0].detail.n);
  }
  assertEquals(seen, ["-1", "abc", 1001, "1e3", 1000000000000, " 1"]);
});

Deno.test("getCatalog() gives 100 when nothing is asked for, or maxentries if that is less", async () => {
  const names = Array.from({ length: 150 }, (_, i) => `r${String(i).padStart(3, "0")}`);
  const hundred = await listing(names, [])("/v2/_catalog");
  assertEquals(JSON.parse(hundred.text).repositories, names.slice(0, 100));
  assertEquals(hundred.got("link"), '</v2/_catalog?last=r099&n=100>; rel="next"');
  const few = await listing(names, [], { catalogMaxEntries: 10 })("/v2/_catalog");
  assertEquals(JSON.parse(few.text).repositories, names.slice(0, 10));
});

const TAGS = ["b", "A", "a", "1.0"];

const TAG_LISTS: readonly (readonly [string, string])[] = [
  ["", '200 {"name":"a/b","tags":["1.0","A","a","b"]}'],
  ["?n=", '200 {"name":"a/b","tags":["1.0","A","a","b"]}'],
  ["?n=0", '200 {"name":"a/b","tags":[]}'],
  ["?n=2", '200 {"name":"a/b","tags":["1.0","A"]} </v2/a/b/tags/list?last=A&n=2>; rel="next"'],
  ["?n=2&last=A", '200 {"name":"a/b","tags":["a","b"]}'],
  ["?n=4", '200 {"name":"a/b","tags":["1.0","A","a","b"]}'],
  ["?last=B", '200 {"name":"a/b","tags":["a","b"]}'],
  ["?last=z", '200 {"name":"a/b","tags":[]}'],
];

for (const [query, expected] of TAG_LISTS) {
  Deno.test(`getTags() answers ${query || "no parameters"}`, async () => {
    assertEquals(await line(listing(["a/b"], TAGS), `/v2/a/b/tags/list${query}`), expected);
  });
}

Deno.test("getTags() clamps n to maxtags and says so in the Link", async () => {
  const get = listing(["r"], TAGS, { tagsMax: 3 });
  const link = '</v2/r/tags/list?last=a&n=3>; rel="next"';
  for (const n of ["4", "1000000000000"]) {
    const got = await line(get, `/v2/r/tags/list?n=${n}`);
    assertEquals(got, `200 {"name":"r","tags":["1.0","A","a"]} ${link}`);
  }
  const all = await get("/v2/r/tags/list");
  assertEquals(JSON.parse(all.text).tags.length, 4);
});

Deno.test("getTags() refuses an n that is none, before it looks for the repository", async () => {
  const get = listing([], []);
  const seen = [];
  for (const n of ["abc", "-1", "1.5"]) {
    const got = await get(`/v2/r/tags/list?n=${n}`);
    assertEquals([got.status, codeOf(got)], [400, BAD_PAGE]);
    seen.push(JSON.parse(got.text).errors[0].detail.n);
  }
  assertEquals(seen, [0, -1, 0]);
});

Deno.test("getTags() answers 404 to an unknown repository, also to a page of nothing", async () => {
  const get = listing([], []);
  for (const query of ["", "?n=0", "?last=a", "?n=5"]) {
    const got = await get(`/v2/r/tags/list${query}`);
    assertEquals([got.status, codeOf(got)], [404, "NAME_UNKNOWN"]);
  }
});

Deno.test("the Links of lists carry the prefix", async () => {
  const get = listing(["a", "b"], ["x", "y"], { prefix: "/registry/" });
  const catalog = await get("/registry/v2/_catalog?n=1");
  assertEquals(catalog.got("link"), '</registry/v2/_catalog?last=a&n=1>; rel="next"');
  const tags = await get("/registry/v2/a/tags/list?n=1");
  assertEquals(tags.got("link"), '</registry/v2/a/tags/list?last=x&n=1>; rel="next"');
});

Deno.test("lists are JSON that ends with a line feed", async () => {
  const get = listing(["a"], ["x"]);
  for (const target of ["/v2/_catalog", "/v2/a/tags/list"]) {
    const got = await get(target);
    assertEquals(got.got("content-type"), "application/json");
    assert(got.text.endsWith("}\n"));
  }
});
