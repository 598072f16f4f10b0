import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { anyText } from "../support/any_text.ts";
import { isHost } from "../../src/oci/host_name.ts";
import {
  clientAddress,
  type Forwarded,
  isIpAddress,
  readForwarded,
} from "../../src/http/forwarded.ts";

type Headers = Readonly<Record<string, string>>;

const withHeaders = (headers: Headers) => ({
  remoteAddress: "192.0.2.9",
  header: (name: string) => headers[name],
});
const forwarded = (forwarded: string): Headers => ({ forwarded });

const REQUESTS: readonly (readonly [Headers, Forwarded])[] = [
  [{}, {}],
  [forwarded("proto=https;host=reg.example"), { scheme: "https", host: "reg.example" }],
  [forwarded(`for="[2001:db8::1]:47";Proto=HTTPS;Host="reg.example:5000"`), {
    scheme: "https",
    host: "reg.example:5000",
  }],
  [forwarded(` host=a ; proto=http , host=b;proto=https`), { scheme: "http", host: "a" }],
  [forwarded(`host="a\\.example";;by=x;`), { host: "a.example" }],
  [forwarded("host=[::1]:5000"), { host: "[::1]:5000" }],
  [forwarded(`for=192.0.2.1, host=b`), {}],
  [forwarded("host=a;host=b"), {}],
  [forwarded(`host="a`), {}],
  [forwarded("host=a b"), {}],
  [forwarded("proto=ftp;host=a"), { host: "a" }],
  [forwarded(`proto=https;host="a/b"`), { scheme: "https" }],
  [{ ...forwarded("rubbish"), "x-forwarded-proto": "https", "x-forwarded-host": "a" }, {}],
  [{ "x-forwarded-proto": "https", "x-forwarded-host": "a:1" }, { scheme: "https", host: "a:1" }],
  [{ "x-forwarded-proto": "https, http", "x-forwarded-host": " a , b" }, {
    scheme: "https",
    host: "a",
  }],
  [{ "x-forwarded-proto": "javascript", "x-forwarded-host": "user@a" }, {}],
  [{ "x-forwarded-host": "a", "x-forwarded-port": "1", "x-forwarded-prefix": "/x" }, { host: "a" }],
];

for (const [headers, expected] of REQUESTS) {
  Deno.test(`readForwarded() reads ${JSON.stringify(headers)}`, () => {
    assertEquals(readForwarded(withHeaders(headers)), expected);
  });
}

Deno.test("readForwarded() gives a plain scheme and host, or nothing, for any headers", () => {
  const value = fc.oneof(
    anyText,
    fc.array(fc.constantFrom("host", "proto", "=", '"', "\\", ";", ",", " ", "a", "https", ":"), {
      maxLength: 12,
    }).map((parts) => parts.join("")),
  );
  fc.assert(fc.property(value, value, value, (forwarded, proto, host) => {
    const headers = { forwarded, "x-forwarded-proto": proto, "x-forwarded-host": host };
    for (const each of [headers, { ...headers, forwarded: "" }]) {
      const result = readForwarded(withHeaders(each));
      assert(["http", "https", undefined].includes(result.scheme));
      assert(result.host === undefined || isHost(result.host));
    }
  }));
});

const ADDRESSES: readonly (readonly [Headers, string])[] = [
  [{}, "192.0.2.9"],
  [{ "x-forwarded-for": "198.51.100.7" }, "198.51.100.7"],
  [{ "x-forwarded-for": " 2001:db8::1 , 198.51.100.7" }, "2001:db8::1"],
  [{ "x-forwarded-for": "unknown, 198.51.100.7", "x-real-ip": "198.51.100.8" }, "198.51.100.8"],
  [{ "x-real-ip": "198.51.100.8" }, "198.51.100.8"],
  [{ "x-forwarded-for": '1.2.3.4" level=info', "x-real-ip": "1.2.3.4\n" }, "1.2.3.4"],
  [{ "x-forwarded-for": "1.2.3.4:80", "x-real-ip": "[::1]" }, "192.0.2.9"],
];

for (const [headers, expected] of ADDRESSES) {
  Deno.test(`clientAddress() of ${JSON.stringify(headers)} is ${expected}`, () => {
    assertEquals(clientAddress(withHeaders(headers)), expected);
  });
}

Deno.test("isIpAddress() takes addresses only", () => {
  for (const text of ["0.0.0.0", "255.255.255.255", "::", "::1", "fe80::1", "::ffff:1.2.3.4"]) {
    assert(isIpAddress(text), text);
  }
  const others = [
    "",
    ":",
    "1.2.3",
    "1.2.3.4.5",
    "256.1.1.1",
    "01.2.3.4",
    "1:2",
    "fe80::1%eth0",
    "::g",
  ];
  for (const text of others) assert(!isIpAddress(text), text);
  fc.assert(fc.property(fc.ipV4(), (ip) => isIpAddress(ip)));
  fc.assert(fc.property(fc.ipV6(), (ip) => isIpAddress(ip)));
});
