import { assertEquals } from "@std/assert";
import { BASE, configOf, errorsOf } from "./load.ts";

const HTPASSWD = `${BASE}auth: {htpasswd: {realm: basic-realm, path: /etc/htpasswd}}\n`;
const TOKEN = `${BASE}auth:
  token:
    realm: https://auth.example.com/token
    service: registry.example.com
    issuer: auth.example.com
`;

Deno.test("auth.htpasswd is a realm and a path", () => {
  assertEquals(configOf(HTPASSWD).auth, {
    kind: "htpasswd",
    realm: "basic-realm",
    path: "/etc/htpasswd",
  });
});

Deno.test("auth.htpasswd can come from variables alone", () => {
  const variables = { REGISTRY_AUTH_HTPASSWD_REALM: "r", REGISTRY_AUTH_HTPASSWD_PATH: "/p" };
  assertEquals(configOf(BASE, variables).auth, { kind: "htpasswd", realm: "r", path: "/p" });
});

Deno.test("an empty realm is one, an empty path is none", () => {
  const text = `${BASE}auth: {htpasswd: {realm: "", path: ""}}\n`;
  assertEquals(errorsOf(text), [
    "config.yml:3: auth.htpasswd.path: expected a text: it is needed for htpasswd authentication",
  ]);
});

Deno.test("auth.token takes keys from either file, with distribution's defaults", () => {
  assertEquals(configOf(`${TOKEN}    jwks: /jwks.json\n`).auth, {
    kind: "token",
    realm: "https://auth.example.com/token",
    service: "registry.example.com",
    issuer: "auth.example.com",
    rootcertbundle: undefined,
    jwks: "/jwks.json",
    autoredirect: false,
    autoredirectpath: "/auth/token",
    signingalgorithms: [],
  });
});

Deno.test("auth.token without keys, or with an algorithm that is none, is refused", () => {
  assertEquals(errorsOf(TOKEN), [
    "config.yml:4: auth.token: found neither rootcertbundle nor jwks, expected at least one file of keys that tokens are signed by",
  ]);
  assertEquals(errorsOf(`${TOKEN}    jwks: /j\n    signingalgorithms: [none]\n`), [
    'config.yml:9: auth.token.signingalgorithms: found "none", expected some of EdDSA, RS256, RS384, RS512, ES256, ES384, ES512, PS256, PS384, PS512',
  ]);
});

const REFUSED: readonly (readonly [string, readonly string[]])[] = [
  [
    "auth: {htpasswd: {realm: r, path: [/p]}}",
    ["auth.htpasswd.path: found a list, expected a text"],
  ],
  [
    "auth: {token: {realm: r, service: s, issuer: i, jwks: [/j]}}",
    ["auth.token.jwks: found a list, expected a text"],
  ],
];

for (const [text, expected] of REFUSED) {
  Deno.test(`${text} is one error`, () => {
    assertEquals(errorsOf(`${BASE}${text}\n`), expected.map((line) => `config.yml:3: ${line}`));
  });
}
