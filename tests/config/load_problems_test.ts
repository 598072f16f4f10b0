import { assertEquals, assertStringIncludes } from "@std/assert";
import { BASE, errorsOf, warningsOf } from "./load.ts";

/** A whole file and a part of the one error that it gives. */
const ERRORS: readonly (readonly [string, string])[] = [
  ["", "version: found nothing, expected 0.1"],
  ["storage: inmemory\n", "version: found nothing, expected 0.1"],
  ["version: 0.2\nstorage: inmemory\n", 'config.yml:1: version: found "0.2", expected 0.1'],
  ["version: 0.10\nstorage: inmemory\n", 'version: found "0.10", expected 0.1'],
  ["version: [1]\nstorage: inmemory\n", "version: found a list, expected a text"],
  ["version: 0.1\n", "storage: no storage driver, expected one"],
  [
    "version: 0.1\nstorage:\n  delete: {enabled: true}\n",
    "config.yml:2: storage: no storage driver",
  ],
  ["version: 0.1\nstorage: {filesystem: , inmemory: }\n", "expected exactly one storage driver"],
  [
    "version: 0.1\nstorage: {fielsystem: }\n",
    "storage.fielsystem: unknown storage driver, did you mean storage.filesystem?",
  ],
  [
    "version: 0.1\nstorage: foo\n",
    "storage.foo: unknown storage driver, expected one of filesystem, inmemory",
  ],
  ["version: 0.1\nstorage: [inmemory]\n", "storage: found a list, expected a mapping"],
  [
    "version: 0.1\nstorage: {filesystem: abc}\n",
    "storage.filesystem: found a text (not shown), expected a mapping",
  ],
  [
    "version: 0.1\nstorage: {inmemory: , delete: true}\n",
    "storage.delete: found a text (not shown), expected a mapping",
  ],
  [
    "version: 0.1\nstorage: {inmemory: , redirect: {disable: 'true'}}\n",
    'storage.redirect.disable: found "true", expected true or false without quotes',
  ],
  [
    "version: 0.1\nstorage: {inmemory: , maintenance: {readonly: {enabled: 1}}}\n",
    "readonly.enabled: found 1, expected true or false",
  ],
  [
    "version: 0.1\nstorage: {filesystem: {maxthreads: abc}}\n",
    'maxthreads: found "abc", expected a whole number',
  ],
  [
    "version: 0.1\nstorage: {filesystem: {maxthreads: 1.5}}\n",
    "maxthreads: found 1.5, expected a whole number",
  ],
  [
    `${BASE}log: {level: warning}\n`,
    'config.yml:3: log.level: found "warning", expected one of error, warn, info, debug, did you mean warn?',
  ],
  [`${BASE}log: {level: ''}\n`, 'log.level: found "", expected one of error'],
  [
    `${BASE}log: {formatter: JSON}\n`,
    'log.formatter: found "JSON", expected one of text, json, logstash, did you mean json?',
  ],
  [
    `${BASE}log: {accesslog: {disabled: "true"}}\n`,
    'log.accesslog.disabled: found "true", expected true or false without quotes',
  ],
  [`${BASE}log: text\n`, "log: found a text (not shown), expected a mapping"],
  [`${BASE}http: {addr: 5000}\n`, 'http.addr: found "5000", expected host:port, such as :5000'],
  [`${BASE}http: {addr: ':99999'}\n`, "expected a port from 0 to 65535"],
  [`${BASE}http: {addr: [a]}\n`, "http.addr: found a list, expected a text"],
  [`${BASE}http: {net: udp}\n`, 'http.net: found "udp", expected one of tcp, unix'],
  [
    `${BASE}http: {net: unix}\n`,
    "http.addr: expected the path of a socket, because http.net is unix",
  ],
  [`${BASE}http: {host: 'https://%zz'}\n`, "expected a URL such as https://registry.example.com"],
  [
    `${BASE}http: {host: 'https://user:hunter2@x'}\n`,
    "http.host: expected a URL of scheme, host and path only",
  ],
  [
    `${BASE}http: {prefix: /a/../b}\n`,
    'http.prefix: found "/a/../b", expected a path such as /foo/',
  ],
  [
    `${BASE}http: {draintimeout: 1d}\n`,
    'http.draintimeout: found "1d", expected a duration such as 30s, 5m or 1h30m',
  ],
  [
    `${BASE}http: {draintimeout: "60"}\n`,
    "expected a duration such as 30s, 5m or 1h30m (60 seconds are 60s)",
  ],
  [`${BASE}http: {draintimeout: -1s}\n`, "expected a duration of 0s to 596h0m0s"],
  [
    `${BASE}http: {headertimeout: 15}\n`,
    "http.headertimeout: found 15, expected a duration of 10ms to 596h0m0s (15 seconds are 15s)",
  ],
  [`${BASE}http: {maxheaderbytes: 1}\n`, "expected a whole number from 1024 to 1048576"],
  [
    `${BASE}http: {headers: {X-A: b}}\n`,
    "http.headers: found a text (not shown) at X-A, expected a list: [value]",
  ],
  [
    `${BASE}http: {headers: [a]}\n`,
    "http.headers: found a list, expected header names with lists of values",
  ],
  [
    `${BASE}http: {headers: {'a b': [c]}}\n`,
    'http.headers: found "a b", expected the name of a header',
  ],
  [
    `${BASE}http: {headers: {X-A: ["b\\nc"]}}\n`,
    "http.headers: found a value at X-A with characters that a header cannot have",
  ],
  [`${BASE}tags: {maxtags: -1}\n`, "tags.maxtags: found -1, expected a whole number from 0"],
  [
    `${BASE}catalog: {maxentries: many}\n`,
    'catalog.maxentries: found "many", expected a whole number',
  ],
  [
    `${BASE}validation: {manifests: {urls: {allow: ['(']}}}\n`,
    'validation.manifests.urls.allow: found "(", expected a regular expression',
  ],
  [`${BASE}validation: {manifests: {urls: {allow: a}}}\n`, "expected a list of texts"],
  [
    `${BASE}validation: {manifests: {indexes: {platforms: foo}}}\n`,
    "expected one of all, none, list",
  ],
  [
    `${BASE}validation: {manifests: {indexes: {platformlist: {os: a}}}}\n`,
    "expected a list of mappings",
  ],
  ["version: 0.1\n\tstorage: inmemory\n", "config.yml:2: indented by a tab"],
  ["a: b: c\n", "config.yml:1: not valid YAML"],
  ["- a\n", "config.yml:1: expected keys and values"],
  [`${BASE}---\nversion: 0.1\n`, "not valid YAML: Found more than 1 document"],
  [`${BASE}http: {addr: !x y}\n`, "config.yml:3: not valid YAML: Cannot resolve unknown tag"],
  ["[".repeat(20_000), "not valid YAML: nested too deeply"],
  ["a".repeat(1_100_000), "longer than 1 MiB"],
  [`${BASE}a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n${bomb(8)}`, "stands for more than 20000 values"],
];

/** Aliases of aliases: ten times as many values with each line. */
function bomb(levels: number): string {
  return Array.from({ length: levels }, (_, i) => {
    return `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(",")}]\n`;
  }).join("");
}

for (const [text, expected] of ERRORS) {
  Deno.test(`loadConfig() refuses ${JSON.stringify(text.slice(0, 100))}`, () => {
    const errors = errorsOf(text);
    assertStringIncludes(errors.join("\n"), expected);
    if (text !== "") assertEquals(errors.length, 1, errors.join("\n"));
  });
}

/** What stands behind BASE, and the one warning that it gives. */
const WARNINGS: readonly (readonly [string, string])[] = [
  [
    "log: {fromatter: text}",
    "config.yml:3: unknown key log.fromatter, did you mean log.formatter?",
  ],
  ["Log: {level: info}", "config.yml:3: unknown key Log, did you mean log?"],
  ["delete: {enabled: true}", "config.yml:3: unknown key delete, did you mean storage.delete?"],
  ["something: else", "config.yml:3: unknown key something"],
  [
    "http:\n  headers: {}\n  headers:\n    X-A: [b]",
    "config.yml:5: the key headers is given twice: the last one counts",
  ],
  [
    "loglevel: debug",
    "config.yml:3: loglevel: is called log.level today: the old name still works",
  ],
  [
    "http: {draintimeout: 60}",
    "config.yml:3: http.draintimeout: found 60, which is 60ns: a bare number is nanoseconds (60 seconds are 60s)",
  ],
  [
    "http: {prefix: foo}",
    'config.yml:3: http.prefix: found "foo", expected a slash first: /foo/ is used',
  ],
  [
    "http: {host: 'example.com:5000'}",
    'config.yml:3: http.host: found "example.com:5000", expected a URL such as https://registry.example.com: it is ignored',
  ],
  ["catalog: {maxentries: 0}", "config.yml:3: catalog.maxentries: found 0: 1000 is used"],
];

for (const [text, expected] of WARNINGS) {
  Deno.test(`loadConfig() warns of ${JSON.stringify(text)}`, () => {
    assertEquals(warningsOf(`${BASE}${text}\n`), [expected]);
    assertEquals(errorsOf(`${BASE}${text}\n`), []);
  });
}

Deno.test("loadConfig() reports every problem in one run, from top to bottom", () => {
  const text = [
    "version: 0.2",
    "log:",
    "  level: loud",
    "storage:",
    "  inmemory:",
    "  s3: {bucket: x}",
    "auth: htpasswd",
    "http:",
    "  addr: 5000",
    "  net: udp",
    "proxy:",
    "  remoteurl: registry-1.docker.io",
  ].join("\n");
  const places = errorsOf(text, { REGISTRY_TAGS_MAXTAGS: "x" })
    .map((error) => error.split(": ").slice(0, 2).join(" "));
  assertEquals(places, [
    "config.yml:1 version",
    "config.yml:3 log.level",
    "config.yml:6 storage",
    "config.yml:6 storage.s3",
    "config.yml:7 auth.htpasswd.realm",
    "config.yml:7 auth.htpasswd.path",
    "config.yml:9 http.addr",
    "config.yml:10 http.net",
    "config.yml:12 proxy.remoteurl",
    "REGISTRY_TAGS_MAXTAGS tags.maxtags",
  ]);
});
