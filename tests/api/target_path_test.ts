import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { cleanPath, decodePath, isUnclean } from "../../src/api/target_path.ts";

Deno.test("decodePath() decodes once, and only what is printable ASCII", () => {
  assertEquals(decodePath("/a%2Fb%3a%7E"), "/a/b:~");
  assertEquals(decodePath("/plain"), "/plain");
  const bad = [
    "%00",
    "%0a",
    "%20",
    "%7f",
    "%c3%a9",
    "%ff",
    "%",
    "%4",
    "%zz",
    "%+1",
    "%25",
    "%252F",
  ];
  for (const text of bad) assertEquals(decodePath(`/a${text}`), undefined, text);
});

Deno.test("cleanPath() is Go's path.Clean with the slash at the end kept", () => {
  const cases = [["/", "/"], ["//", "/"], ["/a/./b", "/a/b"], ["/a/../b/", "/b/"], ["/../a", "/a"]];
  for (const [path, clean] of [...cases, ["/a/..", "/"], ["/a/b/..", "/a"], ["/a//b//", "/a/b/"]]) {
    assertEquals(cleanPath(path ?? ""), clean, path);
  }
});

Deno.test("cleanPath() gives what isUnclean() no longer finds unclean", () => {
  const path = fc.array(fc.constantFrom("a", ".", "..", "", "...", ".a")).map((p) =>
    `/${p.join("/")}`
  );
  fc.assert(fc.property(path, (path) => {
    assertEquals(isUnclean(cleanPath(path)), false);
    if (!isUnclean(path)) assertEquals(cleanPath(path), path);
  }));
});
