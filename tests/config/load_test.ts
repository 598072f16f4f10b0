import { assert, assertEquals } from "@std/assert";
import { BUILT_IN, loadConfig } from "../../src/config/load.ts";
import { at, BASE, configOf } from "./load.ts";

Deno.test("loadConfig() fills in distribution's defaults", () => {
  assertEquals(configOf("version: 0.1\nstorage:\n  filesystem:\n"), {
    version: "0.1",
    log: { level: "info", formatter: "text", fields: {}, accesslog: { disabled: false } },
    storage: {
      driver: { name: "filesystem", rootdirectory: "/var/lib/registry" },
      delete: { enabled: false },
      redirect: { disable: false },
      maintenance: { readonly: { enabled: false } },
    },
    catalog: { maxentries: 1000 },
    tags: { maxtags: 1000 },
    auth: { kind: "none" },
    access: undefined,
    http: {
      net: "tcp",
      addr: ":5000",
      prefix: "",
      host: "",
      relativeurls: false,
      headers: {},
      draintimeout: 30_000,
      headertimeout: 15_000,
      idletimeout: 120_000,
      bodytimeout: 60_000,
      maxheaderbytes: 32_768,
      tls: undefined,
      debug: undefined,
    },
    health: {
      storagedriver: { enabled: false, interval: 10_000, threshold: 0 },
      file: [],
      http: [],
      tcp: [],
    },
    validation: {
      disabled: false,
      manifests: {
        urls: { allow: [], deny: [] },
        indexes: { platforms: "all", platformlist: [] },
        references: "all",
      },
    },
    proxy: undefined,
  });
});

Deno.test("loadConfig() serves a local folder on this machine when there is no file", () => {
  const loaded = loadConfig(undefined, {});
  assert(loaded.ok);
  assertEquals(loaded.warnings, []);
  assertEquals(loaded.config.storage.driver, {
    name: "filesystem",
    rootdirectory: "./berth-data",
  });
  assertEquals(loaded.config.http.addr, "127.0.0.1:5000");
  assertEquals(loaded.config.storage.delete.enabled, true);
  assertEquals(configOf(BUILT_IN), loaded.config);
});

/** What stands behind BASE, the path of the Config, what it must be. */
const VALUES: readonly (readonly [string, string, unknown])[] = [
  ["log: {level: DEBUG}", "log.level", "debug"],
  ["log: {level: null}", "log.level", "info"],
  ["loglevel: error", "log.level", "error"],
  ["loglevel: error\nlog: {level: debug}", "log.level", "debug"],
  ["log: {formatter: logstash}", "log.formatter", "logstash"],
  ["log: {accesslog: {disabled: yes}}", "log.accesslog.disabled", true],
  ["log: {accesslog: {disabled: Off}}", "log.accesslog.disabled", false],
  ["log: {accesslog: {disabled: TRUE}}", "log.accesslog.disabled", true],
  ["log: {fields: {a: 1, b: x, c: true, d: [1, x], e: {f: 2}}}", "log.fields", {
    a: 1,
    b: "x",
    c: true,
    d: '[1,"x"]',
    e: '{"f":2}',
  }],
  ["log:\n  fields: {date: 2026-01-01}", "log.fields", { date: "2026-01-01" }],
  ["http: {addr: 'localhost:5001'}", "http.addr", "localhost:5001"],
  ["http: {net: unix, addr: /run/x.sock}", "http.addr", "/run/x.sock"],
  ["http: {prefix: /foo/}", "http.prefix", "/foo"],
  ["http: {prefix: /foo/bar}", "http.prefix", "/foo/bar"],
  ["http: {prefix: /}", "http.prefix", ""],
  ["http: {prefix: foo}", "http.prefix", "/foo"],
  ["http: {host: 'https://registry.example.com/'}", "http.host", "https://registry.example.com"],
  ["http: {host: 'https://example.com/x'}", "http.host", "https://example.com/x"],
  ["http: {host: registry.example.com}", "http.host", ""],
  ["http: {relativeurls: y}", "http.relativeurls", true],
  ["http: {draintimeout: 1m30s}", "http.draintimeout", 90_000],
  ["http: {draintimeout: 5000000000}", "http.draintimeout", 5_000],
  ["http: {draintimeout: 0}", "http.draintimeout", 0],
  ["http: {idletimeout: 10ms}", "http.idletimeout", 10],
  ["http: {maxheaderbytes: 65536}", "http.maxheaderbytes", 65_536],
  ["http: {headers: {x-a: [1, b], X-A: [c], X-B: [], X-C: }}", "http.headers", {
    "X-A": ["1", "b", "c"],
    "X-B": [],
    "X-C": [],
  }],
  ["catalog: {maxentries: 5}", "catalog.maxentries", 5],
  ["catalog: {maxentries: -1}", "catalog.maxentries", 1000],
  ["tags: {maxtags: 0}", "tags.maxtags", 1000],
  ["validation: {disabled: true}", "validation.disabled", true],
  ["validation: {disabled: true, enabled: true}", "validation.disabled", false],
  ["validation: {enabled: false}", "validation.disabled", false],
  ["validation: {manifests: {urls: {allow: [^https://a/]}}}", "validation.manifests.urls.allow", [
    /^https:\/\/a\//u,
  ]],
  ["validation: {manifests: {references: none}}", "validation.manifests.references", "none"],
  [
    "validation:\n  manifests:\n    indexes:\n      platforms: List\n      platformlist:\n      - os: linux\n        architecture: amd64",
    "validation.manifests.indexes",
    { platforms: "list", platformlist: [{ os: "linux", architecture: "amd64" }] },
  ],
  ["validation: {manifests: {indexes: {platforms: list}}}", "validation.manifests.indexes", {
    platforms: "all",
    platformlist: [],
  }],
  [
    "validation: {manifests: {indexes: {platformlist: [{os: a, architecture: b}]}}}",
    "validation.manifests.indexes",
    { platforms: "all", platformlist: [] },
  ],
];

for (const [text, path, expected] of VALUES) {
  Deno.test(`loadConfig() reads ${JSON.stringify(text)}`, () => {
    assertEquals(at(configOf(`${BASE}${text}\n`), path), expected);
  });
}

/** Whole storage sections. */
const STORAGES: readonly (readonly [string, string, unknown])[] = [
  ["storage: inmemory", "driver", { name: "inmemory" }],
  ["storage:\n  inmemory:", "driver", { name: "inmemory" }],
  ["storage: {inmemory: {}}", "driver", { name: "inmemory" }],
  ["storage: {filesystem: {rootdirectory: 5}}", "driver", {
    name: "filesystem",
    rootdirectory: "5",
  }],
  ["storage: {filesystem: {rootdirectory: 0755}}", "driver", {
    name: "filesystem",
    rootdirectory: "0755",
  }],
  ["storage: {inmemory: , delete: {enabled: true}}", "delete.enabled", true],
  ['storage: {inmemory: , delete: {enabled: "true"}}', "delete.enabled", false],
  ["storage: {inmemory: , delete: {enabled: 1}}", "delete.enabled", false],
  ["storage: {inmemory: , redirect: {disable: true}}", "redirect.disable", true],
  [
    "storage: {inmemory: , maintenance: {readonly: {enabled: on}}}",
    "maintenance.readonly.enabled",
    true,
  ],
  ["storage: {inmemory: , maintenance: {readonly: {}}}", "maintenance.readonly.enabled", false],
  ["x: &d {enabled: true}\nstorage: {inmemory: , delete: *d}", "delete.enabled", true],
  ["x: &d\n  enabled: true\nstorage:\n  inmemory:\n  delete:\n    <<: *d", "delete.enabled", true],
];

for (const [text, path, expected] of STORAGES) {
  Deno.test(`loadConfig() reads ${JSON.stringify(text)}`, () => {
    assertEquals(at(configOf(`version: 0.1\n${text}\n`).storage, path), expected);
  });
}

Deno.test("loadConfig() reads JSON, a BOM, CRLF and a quoted version", () => {
  const texts = [
    '{\n\t"version": "0.1",\n\t"storage": {"inmemory": {}}\n}\n',
    "\uFEFFversion: 0.1\r\nstorage: inmemory\r\n",
    'version: "0.1"\nstorage: inmemory',
    "---\nversion: 0.1\nstorage: inmemory\n...\n",
  ];
  for (const text of texts) assertEquals(configOf(text), configOf(BASE));
});
