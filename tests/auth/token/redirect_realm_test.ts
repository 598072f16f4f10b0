import { assertEquals } from "@std/assert";
import { redirectRealm } from "../../../src/auth/token/redirect_realm.ts";

function realmFor(headers: Readonly<Record<string, string>>, path = "/auth/token") {
  return redirectRealm({ header: (name) => headers[name] }, path);
}

Deno.test("redirectRealm() is https on the host of the request (distribution's TestBuildAutoRedirectURL)", () => {
  assertEquals(realmFor({ host: "example.com" }, "/auth"), "https://example.com/auth");
  assertEquals(
    realmFor({ host: "example.com", "x-forwarded-proto": "http" }),
    "http://example.com/auth/token",
  );
});

Deno.test("redirectRealm() takes no other schemes", () => {
  for (const scheme of ["https", "HTTPS, http", "javascript", "http://evil/?", ""]) {
    assertEquals(
      realmFor({ host: "a", "x-forwarded-proto": scheme }),
      "https://a/auth/token",
      scheme,
    );
  }
});

Deno.test("redirectRealm() writes any path so that it is one", () => {
  assertEquals(realmFor({ host: "a" }, "token"), "https://a/token");
  assertEquals(
    realmFor({ host: "a:5000" }, '/my "auth"?#'),
    "https://a:5000/my%20%22auth%22%3F%23",
  );
});

Deno.test("redirectRealm() takes no host that could end the header's quotes or lead elsewhere", () => {
  const hosts = [
    'a"',
    "a,b",
    "a b",
    "a/b",
    "a@b",
    "a\\b",
    "a?b",
    "a#b",
    "a:b",
    "é",
    "",
    "[::1",
    "a:1:2",
  ];
  for (const host of [...hosts, "a".repeat(300)]) assertEquals(realmFor({ host }), undefined, host);
  assertEquals(realmFor({}), undefined);
  assertEquals(realmFor({ host: "[::1]:5000" }), "https://[::1]:5000/auth/token");
});
