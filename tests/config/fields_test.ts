import { assert, assertEquals } from "@std/assert";
import { UNBUILT } from "../../src/config/features.ts";
import { FIELDS } from "../../src/config/fields.ts";
import type { Field } from "../../src/config/fields/field.ts";
import { loadConfig } from "../../src/config/load.ts";
import { environmentVariable, fieldsOf, makeSchema } from "../../src/config/schema.ts";
import { convert, defaultOf } from "../../src/config/convert.ts";
import { textNode } from "../../src/config/node.ts";

/** A value that each type takes, other than what stands for off or nothing. */
function sample(path: string, field: Field): string {
  if (path === "version") return "0.1";
  if (path === "http.addr") return ":5055";
  if (path === "http.host") return "https://x";
  if (path === "http.prefix") return "/x";
  if (field.values !== undefined) return field.values.at(-1) ?? "";
  return {
    text: "abc",
    choice: "",
    bool: "true",
    int: String(Math.max(field.min ?? 0, 2000)),
    duration: "77s",
    size: "3MiB",
    list: "[abc]",
    patterns: "[abc]",
    headers: "{X-A: [b]}",
    map: "{x: abc}",
    section: "{}",
  }[field.type];
}

/** The YAML that sets one field: `a: {b: [{c: value}]}`. */
function yamlOf(path: string, value: string): string {
  return path.split(".").reduceRight(
    (inner, key) => key.endsWith("[]") ? `{${key.slice(0, -2)}: [${inner}]}` : `{${key}: ${inner}}`,
    value,
  ).slice(1, -1);
}

/** What a sample of their type is no value of. */
const OTHER_VALUES = [
  "storage.cache.blobdescriptor",
  "log.level",
  "access[0].actions",
  "auth.token.signingalgorithms",
  "http.debug.addr",
  "http.debug.prometheus.path",
  "proxy.remoteurl",
  "proxy.upstreams[].remoteurl",
  "proxy.upstreams[].namespace",
].map((path) => path.replace("[]", "[0]"));

const all: readonly (readonly [string, Field])[] = Object.entries(FIELDS);

/** The rest of a file around one field, so that only what the field does remains. */
function around(path: string): string {
  const version = path === "version" ? "" : "version: 0.1\n";
  return path.startsWith("storage.") ? version : `${version}storage: inmemory\n`;
}

Deno.test("every field is known in a file and by its variable, and both mean the same", () => {
  for (const [path, field] of all) {
    const value = sample(path, field);
    const file = loadConfig({ text: `${around(path)}${yamlOf(path, value)}\n`, path: "f" }, {});
    const variable = loadConfig(
      { text: around(path), path: "f" },
      { [environmentVariable(path)]: value },
    );
    for (const loaded of [file, variable]) {
      const said = [...loaded.warnings, ...(loaded.ok ? [] : loaded.errors)];
      const misunderstood = said.filter(({ kind, message }) =>
        kind === "unknown" || /^found (?!abc|neither)/.test(message)
      ).filter(({ path = "" }) => !OTHER_VALUES.includes(path));
      assertEquals(misunderstood, [], path);
    }
    assertEquals(file.ok, variable.ok, path);
    if (file.ok && variable.ok) assertEquals(file.config, variable.config, path);
  }
});

Deno.test("every field that is not built belongs to a feature that says so when it is asked for", () => {
  for (const [path, field] of all) {
    if (field.status !== "later") continue;
    const covered = UNBUILT.some(({ covers }) =>
      covers.some((prefix) =>
        path === prefix || /^[.[]/.test(path.slice(prefix.length)) && path.startsWith(prefix)
      )
    );
    assert(covered, `${path} is parsed and ignored`);
  }
});

/** Settings that ask for each feature, and whether the start is refused. */
const ASKING: readonly (readonly [string, "error" | "warning"])[] = [
  ["log: {reportcaller: true}", "error"],
  ["log: {hooks: [{type: mail}]}", "error"],
  ["storage: {s3: {bucket: x}}", "error"],
  ["storage: {s3: }", "error"],
  ["storage: gcs", "error"],
  ["storage: {azure: {}}", "error"],
  ["storage: {swift: {authurl: x}}", "error"],
  ["storage: {oss: {}}", "error"],
  ["storage: {inmemory: , cache: {blobdescriptor: redis}}", "error"],
  ["storage: {inmemory: , cache: {layerinfo: redis}}", "error"],
  ["storage: {inmemory: , cache: {blobdescriptor: foo}}", "warning"],
  ["storage: {inmemory: , maintenance: {uploadpurging: {enabled: true}}}", "warning"],
  ["storage: {inmemory: , maintenance: {uploadpurging: {age: 1h}}}", "warning"],
  ["auth: htpasswd", "error"],
  ["auth: {htpasswd: }", "error"],
  ["auth: {token: {realm: x}}", "error"],
  ["auth: {silly: {realm: x}}", "error"],
  ["auth: {foo: {}}", "error"],
  ["auth: {none: , htpasswd: {realm: x}}", "error"],
  ["policy: {repository: {classes: [image]}}", "error"],
  ["middleware: {storage: [{name: redirect}]}", "error"],
  ["middleware: {registry: [{options: {a: b}}]}", "error"],
  ["reporting: {bugsnag: {apikey: x}}", "warning"],
  ["compatibility: {schema1: {enabled: true}}", "warning"],
  ["http: {h2c: {enabled: true}}", "error"],
  ["http: {tls: {certificate: /c.pem}}", "error"],
  ["http: {tls: {key: /k.pem}}", "error"],
  ["http: {tls: {letsencrypt: {email: x}}}", "error"],
  ["http: {tls: {clientcas: [/c.pem]}}", "error"],
  ["proxy: {remoteurl: 'https://x.example', cachewritetimeout: 1m}", "warning"],
  ["notifications: {endpoints: [{name: a, url: 'http://x'}]}", "error"],
  ["redis: {addr: 'localhost:6379'}", "warning"],
];

for (const [text, kind] of ASKING) {
  Deno.test(`${text} is ${kind === "error" ? "refused" : "a warning"}`, () => {
    const storage = text.startsWith("storage") ? "" : "storage: inmemory\n";
    const loaded = loadConfig({ text: `version: 0.1\n${storage}${text}\n`, path: "f" }, {});
    assertEquals(loaded.ok, kind === "warning");
    if (loaded.ok) {
      assertEquals(loaded.warnings.filter(({ kind }) => kind === "warning").length > 0, true);
    } else assertEquals(loaded.errors.length > 0, true);
  });
}

/** What is not asked for needs no word. */
const OFF: readonly string[] = [
  "log: {reportcaller: false, hooks: []}",
  "log: {hooks: [{type: mail, disabled: true}]}",
  "auth: {none: }",
  "auth: none",
  "auth: {}",
  "http: {tls: {certificate: '', key: ''}}",
  "http: {tls: }",
  "http: {h2c: {enabled: false}, http2: {disabled: true}, secret: x}",
  "http: {debug: {prometheus: {enabled: false}}}",
  "proxy: {remoteurl: ''}",
  "proxy: {ttl: 0}",
  "notifications: {endpoints: [{name: a, disabled: true}]}",
  "health: {storagedriver: {enabled: false, interval: 10s, threshold: 3}}",
  "middleware: {storage: []}",
  "policy: {repository: {classes: []}}",
];

for (const text of OFF) {
  Deno.test(`${text} says nothing`, () => {
    const loaded = loadConfig(
      { text: `version: 0.1\nstorage: inmemory\n${text}\n`, path: "f" },
      {},
    );
    assertEquals([loaded.ok, loaded.warnings], [true, []]);
  });
}

Deno.test("every default is one that its field takes", () => {
  for (const [path, field] of all) {
    if (field.default === undefined) continue;
    const text = String(field.default);
    const node = typeof field.default === "string"
      ? textNode(text, { kind: "built-in" })
      : { kind: "scalar", origin: { kind: "built-in" }, text, value: field.default } as const;
    if (Array.isArray(node.value)) continue;
    assertEquals(
      convert(node as Parameters<typeof convert>[0], field).value,
      defaultOf(field),
      path,
    );
  }
});

Deno.test("the schema has every field once, and nothing else", () => {
  const found = [...fieldsOf(makeSchema())].map(({ path }) => path);
  assertEquals(found.toSorted(), all.map(([path]) => path).toSorted());
});

Deno.test("environmentVariable() names what distribution's parser takes", () => {
  const cases: [string, string][] = [
    ["http.addr", "REGISTRY_HTTP_ADDR"],
    ["health.file[].file", "REGISTRY_HEALTH_FILECHECKERS_0_FILE"],
    [
      "notifications.events.includereferences",
      "REGISTRY_NOTIFICATIONS_EVENTCONFIG_INCLUDEREFERENCES",
    ],
    ["log.hooks[].options.smtp.addr", "REGISTRY_LOG_HOOKS_0_MAILOPTIONS_SMTP_ADDR"],
    ["compatibility.schema1.signingkeyfile", "REGISTRY_COMPATIBILITY_SCHEMA1_TRUSTKEY"],
  ];
  for (const [path, name] of cases) assertEquals(environmentVariable(path), name);
});
