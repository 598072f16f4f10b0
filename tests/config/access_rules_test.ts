import { assert, assertEquals } from "@std/assert";
import { renderEffective } from "../../src/config/effective.ts";
import { BASE, configOf, errorsOf, load, warningsOf } from "./load.ts";

const HTPASSWD = `${BASE}auth: {htpasswd: {realm: basic-realm, path: /etc/htpasswd}}\n`;
const RULES = `access:
  - {repositories: ["public/**"], users: [anonymous], actions: [pull]}
  - {repositories: ["**"], users: [alice, "ci-*"], actions: [pull, push, delete, catalog]}
`;

Deno.test("access is a list of rules", () => {
  assertEquals(configOf(HTPASSWD + RULES).access, [
    { repositories: ["public/**"], users: ["anonymous"], actions: ["pull"] },
    {
      repositories: ["**"],
      users: ["alice", "ci-*"],
      actions: ["pull", "push", "delete", "catalog"],
    },
  ]);
});

Deno.test("access without rules grants nobody anything, and says so", () => {
  assertEquals(configOf(`${HTPASSWD}access: []\n`).access, []);
  assertEquals(warningsOf(`${HTPASSWD}access: []\n`), [
    "config.yml:4: access: no rules: nobody may do anything",
  ]);
});

Deno.test("what check-config prints keeps the rules, and that there are none", () => {
  for (const text of [HTPASSWD + RULES, `${HTPASSWD}access: []\n`, BASE]) {
    const loaded = load(text);
    assert(loaded.ok);
    assertEquals(configOf(renderEffective(loaded.settings)), loaded.config);
  }
});

Deno.test("anonymous pulls beside passwords over plain HTTP are a warning, unless the URL is known or local", () => {
  const config = HTPASSWD + RULES;
  const warning =
    "config.yml:4: access: passwords cross the network as they are: let berth speak TLS (http.tls), or set http.host to the https:// URL of the proxy that does";
  assertEquals(warningsOf(config), [warning]);
  for (
    const http of [
      "{host: 'https://registry.example.com'}",
      "{addr: '127.0.0.1:5000'}",
      "{addr: /run/berth.sock, net: unix}",
      "{tls: {certificate: /c, key: /k}}",
    ]
  ) assertEquals(warningsOf(`${config}http: ${http}\n`), [], http);
  assertEquals(warningsOf(config.replace("[anonymous]", "[authenticated]")), []);
});

const WRONG: readonly (readonly [string, string])[] = [
  [
    "access: [{repositories: ['**'], users: [bob], actions: [pul]}]",
    'config.yml:3: access[0].actions: found "pul", did you mean pull?',
  ],
  [
    "access: [{repositories: ['**'], users: [bob]}]",
    "config.yml:3: access[0].actions: expected a list with at least one entry, and no empty ones",
  ],
  [
    "access: [{repositories: ['**'], users: [''], actions: [pull]}]",
    "config.yml:3: access[0].users: expected a list with at least one entry, and no empty ones",
  ],
  [
    "access: [{repositories: '**', users: [bob], actions: [pull]}]",
    'config.yml:3: access[0].repositories: found "**", expected a list of texts, such as [one, two]',
  ],
  [
    "access: [everybody]",
    "config.yml:3: access[0]: found a text (not shown), expected a mapping",
  ],
  [
    "access: everybody",
    "config.yml:3: access: found a text (not shown), expected a list of mappings",
  ],
  [
    "access: [{repositories: ['**'], users: [bob], actions: [pull]}]\nauth: {silly: {realm: r, service: s}}",
    "config.yml:3: access: cannot be used with auth.silly: it knows no users",
  ],
];

for (const [text, expected] of WRONG) {
  Deno.test(`${text.split("\n").join(", ")} is refused`, () => {
    assertEquals(errorsOf(`${BASE}${text}\n`), [expected]);
  });
}

/** Patterns, and why they match nothing. */
const UNMATCHED: readonly (readonly [string, string])[] = [
  ["/team/app", "a name does not begin with a slash"],
  ["team/", 'a name does not end with a slash, "team/**" is all below it'],
  ["team//app", "a name has no empty component"],
  ["team app", "a name has no spaces"],
  ["{a,b}/*", 'a name has no "{"'],
  ["team/App", "a name has lower case only, but for a domain before its first slash"],
  ["App", "a name has lower case only, but for a domain before its first slash"],
  ["**/App*", "a name has lower case only, but for a domain before its first slash"],
];

for (const [pattern, why] of UNMATCHED) {
  Deno.test(`the repository pattern ${pattern} matches nothing, which is told`, () => {
    const rule = `{repositories: ["${pattern}"], users: [bob], actions: [pull]}`;
    assertEquals(warningsOf(`${HTPASSWD}access: [${rule}]\n`), [
      `config.yml:4: access[0].repositories: "${pattern}" matches no repository: ${why}`,
    ]);
  });
}

Deno.test("repository patterns that may match something are told nothing of", () => {
  const patterns = [
    ..."** * team/* team/** **/app *app? a_b/c-d.e Example.com/app Ex*/app Ex** **X/y".split(" "),
  ];
  const rule = `{repositories: ${JSON.stringify(patterns)}, users: [bob], actions: [pull]}`;
  assertEquals(warningsOf(`${HTPASSWD}access: [${rule}]\n`), []);
});

Deno.test("a keyword in another case is told to be the name of a user", () => {
  const rule = "{repositories: ['**'], users: [Anonymous, AUTHENTICATED, bob], actions: [pull]}";
  assertEquals(warningsOf(`${HTPASSWD}access: [${rule}]\n`), [
    'config.yml:4: access[0].users: "Anonymous" is the name of a user, did you mean anonymous?',
    'config.yml:4: access[0].users: "AUTHENTICATED" is the name of a user, did you mean authenticated?',
  ]);
});

Deno.test("rules for users are told to be for nobody where there are no users", () => {
  const rule = "{repositories: ['**'], users: [anonymous, bob, 'ci-*'], actions: [pull]}";
  const expected =
    'config.yml:3: access[0].users: there are no users without auth.htpasswd, so that "bob", "ci-*" lets nobody in';
  for (const auth of ["", "auth: {none: {}}\n"]) {
    assertEquals(warningsOf(`${BASE}access: [${rule}]\n${auth}`), [expected]);
  }
  assertEquals(warningsOf(`${BASE}access: [${rule.replace(", bob, 'ci-*'", "")}]\n`), []);
});
