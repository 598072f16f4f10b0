import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { anyText } from "../support/any_text.ts";
import { createLocation, isUsableHost } from "../../src/http/location.ts";

const PATH = "/v2/a/blobs/uploads/1";
const PLAIN = { host: "", relativeurls: false, prefix: "" };

function ask(
  options: Partial<typeof PLAIN>,
  headers: Readonly<Record<string, string>>,
  secure = false,
): string {
  const exchange = { secure, header: (name: string) => headers[name] };
  return createLocation({ ...PLAIN, ...options })(exchange, PATH);
}

Deno.test("a Location has the scheme and Host of the request", () => {
  assertEquals(ask({}, { host: "reg.example:5000" }), `http://reg.example:5000${PATH}`);
  assertEquals(ask({}, { host: "[::1]:5000" }, true), `https://[::1]:5000${PATH}`);
});

Deno.test("a Location has the scheme and host that a reverse proxy forwards", () => {
  assertEquals(
    ask({}, { host: "10.0.0.1:5000", "x-forwarded-proto": "https", "x-forwarded-host": "reg" }),
    `https://reg${PATH}`,
  );
  assertEquals(
    ask({}, { host: "reg:5000", forwarded: "proto=https", "x-forwarded-host": "other" }),
    `https://reg:5000${PATH}`,
  );
});

Deno.test("http.relativeurls makes a Location a path", () => {
  assertEquals(ask({ relativeurls: true }, { host: "reg", "x-forwarded-host": "x" }), PATH);
});

Deno.test("http.host wins over relativeurls, Host and what is forwarded, and keeps its path", () => {
  const headers = { host: "reg", forwarded: "host=other;proto=http" };
  const host = "https://Hub.example:8443";
  assertEquals(ask({ host }, headers), `https://hub.example:8443${PATH}`);
  assertEquals(ask({ host, relativeurls: true }, headers), `https://hub.example:8443${PATH}`);
  assertEquals(
    ask({ host: "http://hub.example/a/b/" }, headers),
    `http://hub.example/a/b${PATH}`,
  );
});

Deno.test("http.host without a scheme is not used", () => {
  for (const host of ["hub.example", "hub.example:5000", "ftp://hub.example", "://", "https://"]) {
    assertEquals(isUsableHost(host), false, host);
    assertEquals(ask({ host }, { host: "reg" }), `http://reg${PATH}`);
  }
  assertEquals(isUsableHost("https://hub.example"), true);
  assertEquals(isUsableHost(""), false);
});

Deno.test("a Location keeps the prefix, however it is written", () => {
  for (const prefix of ["/foo/", "/foo", "foo", "foo/", "//foo//"]) {
    assertEquals(ask({ prefix }, { host: "reg" }), `http://reg/foo${PATH}`);
    assertEquals(ask({ prefix, relativeurls: true }, {}), `/foo${PATH}`);
    assertEquals(
      ask({ prefix, host: "https://hub.example" }, {}),
      `https://hub.example/foo${PATH}`,
    );
  }
  assertEquals(ask({ prefix: "/a/b/" }, { host: "reg" }), `http://reg/a/b${PATH}`);
  assertEquals(ask({ prefix: "/" }, { host: "reg" }), `http://reg${PATH}`);
});

Deno.test("the path of http.host takes the place of the prefix", () => {
  assertEquals(
    ask({ prefix: "/foo/", host: "https://hub.example/foo/" }, {}),
    `https://hub.example/foo${PATH}`,
  );
});

Deno.test("a Location is a path when the request has no Host, or one that is none", () => {
  for (const host of ["", "a b", "evil.example/x?", "u@a", "a\r\nSet-Cookie: x"]) {
    assertEquals(ask({ prefix: "/foo/" }, { host }), `/foo${PATH}`);
  }
  assertEquals(ask({}, {}), PATH);
  assertEquals(ask({}, {}, true), PATH);
});

Deno.test("a Location is one line without spaces, whatever the headers say", () => {
  fc.assert(fc.property(anyText, anyText, anyText, anyText, (host, forwarded, proto, name) => {
    const headers = { host, forwarded, "x-forwarded-proto": proto, "x-forwarded-host": name };
    for (const each of [headers, { ...headers, forwarded: "" }]) {
      const location = ask({}, each);
      assertEquals(/^(https?:\/\/[\w.:\[\]-]+)?\/v2\/a\/blobs\/uploads\/1$/.test(location), true);
    }
  }));
});
