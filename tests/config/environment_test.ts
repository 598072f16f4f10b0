import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { loadConfig } from "../../src/config/load.ts";
import { describeProblem } from "../../src/config/problem.ts";
import { at, BASE, configOf } from "./load.ts";

type Variables = Readonly<Record<string, string>>;

/** A file, the variables over it, a path of the Config, and what must be there. */
const VALUES: readonly (readonly [string, Variables, string, unknown])[] = [
  [BASE, { REGISTRY_HTTP_ADDR: " :5001 " }, "http.addr", ":5001"],
  [BASE, { REGISTRY_HTTP_ADDR: '":5001"' }, "http.addr", ":5001"],
  [BASE, { REGISTRY_HTTP_ADDR: ":5001 #comment" }, "http.addr", ":5001"],
  [`${BASE}http: {addr: ':1'}\n`, { REGISTRY_HTTP_ADDR: "" }, "http.addr", ":5000"],
  [BASE, { REGISTRY_HTTP_DRAINTIMEOUT: "5s" }, "http.draintimeout", 5_000],
  [BASE, { REGISTRY_HTTP_RELATIVEURLS: "yes" }, "http.relativeurls", true],
  [BASE, { REGISTRY_HTTP: "{addr: ':5002', prefix: /x}" }, "http.prefix", "/x"],
  [
    `${BASE}http: {prefix: /file}\n`,
    { REGISTRY_HTTP: "{addr: ':5002'}" },
    "http.prefix",
    "",
  ],
  [
    BASE,
    { REGISTRY_HTTP: "{addr: ':5002', prefix: /x}", REGISTRY_HTTP_ADDR: ":5003" },
    "http.addr",
    ":5003",
  ],
  [BASE, { REGISTRY_LOGLEVEL: "debug" }, "log.level", "debug"],
  [BASE, { REGISTRY_LOG_FIELDS: "abc: xyz" }, "log.fields", { abc: "xyz" }],
  [
    `${BASE}log: {fields: {a: 1}}\n`,
    { REGISTRY_LOG_FIELDS_FOO: "bar" },
    "log.fields",
    { a: 1, foo: "bar" },
  ],
  [BASE, { REGISTRY_STORAGE_DELETE_ENABLED: "true" }, "storage.delete.enabled", true],
  [BASE, { REGISTRY_STORAGE_DELETE_ENABLED: '"true"' }, "storage.delete.enabled", false],
  // distribution panics or ignores these two (configuration.md 2.8)
  [
    BASE,
    { REGISTRY_STORAGE_MAINTENANCE_READONLY_ENABLED: "true" },
    "storage.maintenance.readonly.enabled",
    true,
  ],
  [
    "version: 0.1\nstorage: {inmemory: , maintenance: {readonly: {enabled: false}}}\n",
    { REGISTRY_STORAGE_MAINTENANCE_READONLY_ENABLED: "true" },
    "storage.maintenance.readonly.enabled",
    true,
  ],
  [
    BASE,
    { REGISTRY_STORAGE_MAINTENANCE_READONLY: '{"enabled": true}' },
    "storage.maintenance.readonly.enabled",
    true,
  ],
  [
    BASE,
    { REGISTRY_STORAGE_MAINTENANCE: "readonly: {enabled: true}" },
    "storage.maintenance.readonly.enabled",
    true,
  ],
  // a driver's name alone replaces the whole section, leaves come on top
  [
    "version: 0.1\nstorage: {filesystem: , delete: {enabled: true}}\n",
    { REGISTRY_STORAGE: "inmemory" },
    "storage.delete.enabled",
    false,
  ],
  [
    "version: 0.1\nstorage: {filesystem: }\n",
    { REGISTRY_STORAGE: "inmemory", REGISTRY_STORAGE_DELETE_ENABLED: "true" },
    "storage.driver",
    { name: "inmemory" },
  ],
  [
    "version: 0.1\nstorage: {filesystem: {rootdirectory: /a}}\n",
    { REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: "/b" },
    "storage.driver.rootdirectory",
    "/b",
  ],
  [
    "version: 0.1\n",
    { REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: "0755" },
    "storage.driver.rootdirectory",
    "0755",
  ],
  [
    "version: 0.1\nstorage: {filesystem: }\n",
    { REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: "@home: x" },
    "storage.driver.rootdirectory",
    "@home: x",
  ],
  ["storage: inmemory\n", { REGISTRY_VERSION: "0.1" }, "version", "0.1"],
  // headers: one of any case in the file is replaced
  [
    `${BASE}http: {headers: {Access-Control-Allow-Origin: [x], X-A: [b]}}\n`,
    { "REGISTRY_HTTP_HEADERS_ACCESS-CONTROL-ALLOW-ORIGIN": "['*']" },
    "http.headers",
    { "Access-Control-Allow-Origin": ["*"], "X-A": ["b"] },
  ],
  [
    `${BASE}http: {headers: {X-A: [1], x-a: [2]}}\n`,
    { "REGISTRY_HTTP_HEADERS_X-A": "[3]" },
    "http.headers",
    { "X-A": ["3"] },
  ],
  [BASE, { "REGISTRY_HTTP_HEADERS_X-A_0": "'*'" }, "http.headers", { "X-A": ["*"] }],
  [BASE, { "REGISTRY_HTTP_HEADERS": "{X-A: [b]}" }, "http.headers", { "X-A": ["b"] }],
  // lists by index
  [
    BASE,
    { REGISTRY_VALIDATION_MANIFESTS_URLS_ALLOW_0: "^https://a/" },
    "validation.manifests.urls.allow",
    [/^https:\/\/a\//u],
  ],
  [
    BASE,
    Object.fromEntries(
      Array.from(
        { length: 12 },
        (_, i) => [`REGISTRY_VALIDATION_MANIFESTS_URLS_DENY_${i}`, `${i}`],
      ),
    ),
    "validation.manifests.urls.deny",
    Array.from({ length: 12 }, (_, i) => new RegExp(`${i}`, "u")),
  ],
  [
    `${BASE}validation: {manifests: {urls: {deny: [a, b]}}}\n`,
    { REGISTRY_VALIDATION_MANIFESTS_URLS_DENY_1: "c" },
    "validation.manifests.urls.deny",
    [/a/u, /c/u],
  ],
  [
    BASE,
    {
      REGISTRY_VALIDATION_MANIFESTS_INDEXES_PLATFORMS: "list",
      REGISTRY_VALIDATION_MANIFESTS_INDEXES_PLATFORMLIST_0_OS: "linux",
      REGISTRY_VALIDATION_MANIFESTS_INDEXES_PLATFORMLIST_0_ARCHITECTURE: "arm64",
    },
    "validation.manifests.indexes.platformlist",
    [{ os: "linux", architecture: "arm64" }],
  ],
  [
    BASE,
    { REGISTRY_VALIDATION_MANIFESTS_URLS_ALLOW: "\n - a\n - b" },
    "validation.manifests.urls.allow",
    [/a/u, /b/u],
  ],
  [`${BASE}auth: {htpasswd: {realm: x, path: y}}\n`, { REGISTRY_AUTH: "" }, "version", "0.1"],
  [`${BASE}auth: {htpasswd: {realm: x, path: y}}\n`, { REGISTRY_AUTH: "none" }, "version", "0.1"],
  [BASE, { REGISTRY_AUTH: "None" }, "version", "0.1"],
];

for (const [file, variables, path, expected] of VALUES) {
  const names = Object.keys(variables).slice(0, 2).join(" and ");
  Deno.test(`${names} over ${JSON.stringify(file)} sets ${path}`, () => {
    assertEquals(at(configOf(file, variables), path), expected);
  });
}

Deno.test("a storage driver of the environment takes the place of the built-in default", () => {
  const loaded = loadConfig(undefined, { REGISTRY_STORAGE_INMEMORY: "{}" });
  assert(loaded.ok);
  assertEquals(loaded.config.storage.driver, { name: "inmemory" });
  assertEquals(loaded.config.storage.delete.enabled, true);
});

Deno.test("two storage drivers of the environment are refused without a file, too", () => {
  const loaded = loadConfig(undefined, {
    REGISTRY_STORAGE_S3_BUCKET: "x",
    REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: "/x",
  });
  assert(!loaded.ok);
  assertStringIncludes(
    loaded.errors.map(describeProblem).join("\n"),
    "expected exactly one storage driver",
  );
});
