import { assertEquals } from "@std/assert";
import { BASE, configOf, errorsOf, warningsOf } from "./load.ts";

Deno.test("http.tls takes a certificate and a key, and asks clients for nothing", () => {
  const text = `${BASE}http: {tls: {certificate: /c.pem, key: /k.pem}}\n`;
  assertEquals(configOf(text).http.tls, {
    certificate: "/c.pem",
    key: "/k.pem",
    clientcas: [],
    clientauth: "require-and-verify-client-cert",
    minimumtls: "tls1.2",
    ciphersuites: [],
  });
});

Deno.test("http.tls can come from variables alone", () => {
  const tls = configOf(BASE, {
    REGISTRY_HTTP_TLS_CERTIFICATE: "/c",
    REGISTRY_HTTP_TLS_KEY: "/k",
    REGISTRY_HTTP_TLS_CLIENTCAS: "[/ca]",
  }).http.tls;
  assertEquals([tls?.certificate, tls?.key, tls?.clientcas], ["/c", "/k", ["/ca"]]);
});

const WRONG: readonly (readonly [string, string])[] = [
  [
    "certificate: /c.pem",
    "config.yml:3: http.tls.certificate: needs http.tls.key beside it, the path of a PEM file",
  ],
  [
    "key: /k.pem",
    "config.yml:3: http.tls.key: needs http.tls.certificate beside it, the path of a PEM file",
  ],
  [
    "clientcas: [/ca.pem]",
    "config.yml:3: http.tls.clientcas: needs http.tls.certificate and http.tls.key: without TLS there are no client certificates",
  ],
];

for (const [text, expected] of WRONG) {
  Deno.test(`http.tls with ${text} alone is refused, never plain HTTP`, () => {
    assertEquals(errorsOf(`${BASE}http: {tls: {${text}}}\n`), [expected]);
  });
}

Deno.test("a minimum below TLS 1.2 is a warning, as files of registry:2 hold it", () => {
  const text = `${BASE}http: {tls: {certificate: /c, key: /k, minimumtls: tls1.0}}\n`;
  assertEquals(configOf(text).http.tls?.minimumtls, "tls1.2");
  assertEquals(warningsOf(text), [
    "config.yml:3: http.tls.minimumtls: found tls1.0: tls1.2 is the lowest that is spoken here, as in registry:3",
  ]);
});
