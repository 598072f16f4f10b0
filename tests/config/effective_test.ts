import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { renderEffective } from "../../src/config/effective.ts";
import { loadConfig } from "../../src/config/load.ts";
import { describeProblem } from "../../src/config/problem.ts";
import { load } from "./load.ts";

function effective(text: string, environment: Record<string, string> = {}): string {
  const loaded = load(text, environment);
  assert(loaded.ok, JSON.stringify(loaded));
  return renderEffective(loaded.settings);
}

const FULL = `version: 0.1
loglevel: warn
log:
  formatter: json
  fields: {service: "a: b", number: 3, list: [1, yes], empty: ""}
  hooks: [{type: mail, disabled: true, options: {smtp: {password: x}, to: [a, b]}}]
storage:
  filesystem:
    rootdirectory: " leading"
  delete: {enabled: yes}
  maintenance:
    readonly: {enabled: true}
    uploadpurging: {enabled: true, age: 168h, interval: 24h, dryrun: no}
http:
  addr: "[::1]:5000"
  prefix: "on"
  draintimeout: 1500ms
  headers: {x-a: ["*", "yes", "1", ": "], X-Empty: []}
notifications:
  endpoints:
  - name: off
    disabled: true
    headers: {Authorization: [x]}
  - {disabled: true}
validation:
  enabled: true
  manifests:
    urls: {allow: ['^https?://([^/]+\\.)*example\\.com/'], deny: []}
    indexes:
      platforms: LIST
      platformlist: [{os: linux, architecture: amd64}, {os: windows, architecture: arm}]
`;

Deno.test("what renderEffective() prints is a configuration that means the same", () => {
  const first = load(FULL);
  assert(first.ok, JSON.stringify(first));
  const printed = renderEffective(first.settings);
  const second = load(printed);
  assert(second.ok, printed);
  assertEquals(second.config, first.config);
});

Deno.test("renderEffective() says where each value comes from", () => {
  const printed = effective("version: 0.1\nstorage: inmemory\nhttp:\n  prefix: /x\n", {
    REGISTRY_HTTP_ADDR: ":5001",
  });
  assertStringIncludes(printed, '  addr: ":5001"  # REGISTRY_HTTP_ADDR\n');
  assertStringIncludes(printed, "  prefix: /x  # config.yml:4\n");
  assertStringIncludes(printed, "  idletimeout: 2m0s  # default\n");
  assertStringIncludes(printed, "  inmemory: {}  # config.yml:2\n");
});

Deno.test("renderEffective() leaves out the drivers that were not chosen", () => {
  const printed = effective("version: 0.1\nstorage: inmemory\n");
  assertEquals(printed.includes("rootdirectory"), false);
});

/** Stands wherever a secret may stand. */
const CANARY = "hunter2canary";

Deno.test("renderEffective() prints no secret", () => {
  const printed = effective(
    `version: 0.1
storage: inmemory
log:
  fields: {token: ${CANARY}, nested: {apiKey: ${CANARY}}}
  hooks: [{type: mail, disabled: true, options: {smtp: {password: ${CANARY}}}}]
http:
  secret: ${CANARY}
  headers:
    Cookie: [${CANARY}]
    Set-Cookie: ["a=${CANARY}"]
    X-Api-Key: [${CANARY}]
    x-apikey: [${CANARY}]
    X-Auth: [${CANARY}]
    Proxy-Authorization: [${CANARY}]
health: {http: [{uri: "https://h/x?token=${CANARY}"}, {uri: "https://h/x#${CANARY}"}]}
redis: {addr: x, password: ${CANARY}, options: {password: ${CANARY}}}
proxy: {password: ${CANARY}, username: u}
notifications: {endpoints: [{disabled: true, url: "https://u:${CANARY}@x/y", headers: {Authorization: [${CANARY}]}}]}
reporting: {bugsnag: {apikey: ${CANARY}}}
`,
    { REGISTRY_HTTP_SECRET: CANARY },
  );
  assertEquals(printed.includes(CANARY), false, printed);
  assertStringIncludes(printed, '  secret: "<redacted>"  # REGISTRY_HTTP_SECRET\n');
  assertStringIncludes(printed, '- uri: "https://h/x?<redacted>"  # config.yml');
});

Deno.test("renderEffective() prints what is no secret", () => {
  const printed = effective(`version: 0.1
storage: inmemory
http: {headers: {Access-Control-Allow-Credentials: ["true"], Author: [me]}}
`);
  assertStringIncludes(printed, 'Access-Control-Allow-Credentials: ["true"]');
  assertStringIncludes(printed, "Author: [me]");
});

/** Files and variables that are wrong just where a secret stands. */
const WRONG: readonly (readonly [string, Record<string, string>])[] = [
  [`http: {secret: [${CANARY}]}`, {}],
  [`http: {secret: !${CANARY} x}`, {}],
  [`http: {secret: *${CANARY}}`, {}],
  [`http:\n  secret: "${CANARY}\n`, {}],
  [`http:\n  secret: a: ${CANARY}\n`, {}],
  [`http:\n  secret: @${CANARY}\n`, {}],
  [`http: ${CANARY}`, {}],
  [`http: {host: 'https://u:${CANARY}@x'}`, {}],
  [`http: {host: 'u:${CANARY}@x'}`, {}],
  [`http: {headers: {Authorization: ${CANARY}}}`, {}],
  [`http: {headers: {Authorization: ["${CANARY}\\n"]}}`, {}],
  [`proxy: {remoteurl: 'https://u:${CANARY}@x', password: ${CANARY}}`, {}],
  [`proxy: {password: {a: ${CANARY}}}`, {}],
  [`storage: {s3: {secretkey: ${CANARY}}}`, {}],
  [`storage: {s3: ${CANARY}}`, {}],
  [`redis: {password: [${CANARY}], options: ${CANARY}}`, {}],
  [`notifications: {endpoints: [{headers: {Authorization: ${CANARY}}}]}`, {}],
  ["", { REGISTRY_HTTP_SECRET: `[${CANARY}` }],
  ["", { REGISTRY_HTTP: CANARY }],
  ["", { REGISTRY_PASSWORD: CANARY, REGISTRY_HTTP_PASSWORD: CANARY }],
  ["", { REGISTRY_REDIS_PASSWORD: `{${CANARY}` }],
  ["", { REGISTRY_NOTIFICATIONS_ENDPOINTS_0_HEADERS: `{Authorization: ${CANARY}` }],
];

for (const [text, environment] of WRONG) {
  Deno.test(`no message about ${JSON.stringify(text || environment)} cites the secret`, () => {
    const storage = text.startsWith("storage") ? "" : "storage: inmemory\n";
    const loaded = loadConfig(
      { text: `version: 0.1\n${storage}${text}\n`, path: "config.yml" },
      environment,
    );
    const said = [...loaded.warnings, ...(loaded.ok ? [] : loaded.errors)].map(describeProblem);
    assertEquals(said.filter((line) => line.includes(CANARY)), []);
  });
}
