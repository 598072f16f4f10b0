import { assertEquals } from "@std/assert";
import { BASE, configOf, errorsOf, warningsOf } from "./load.ts";

Deno.test("health has all of its checks, with distribution's defaults", () => {
  const text = `${BASE}health:
  storagedriver: {enabled: true, threshold: 3}
  file: [{file: /tmp/down}]
  http: [{uri: "http://127.0.0.1:1/x", headers: {X-A: [b]}, interval: 5s}]
  tcp: [{addr: "127.0.0.1:1", timeout: 3s}]
`;
  assertEquals(configOf(text).health, {
    storagedriver: { enabled: true, interval: 10_000, threshold: 3 },
    file: [{ interval: 10_000, threshold: 0, file: "/tmp/down" }],
    http: [{
      interval: 5_000,
      threshold: 0,
      uri: "http://127.0.0.1:1/x",
      headers: { "X-A": ["b"] },
      statuscode: 200,
      timeout: 10_000,
    }],
    tcp: [{ interval: 10_000, threshold: 0, addr: "127.0.0.1:1", timeout: 3_000 }],
  });
});

Deno.test("a health check can come from a variable by either name", () => {
  for (const variable of ["REGISTRY_HEALTH_FILECHECKERS_0_FILE", "REGISTRY_HEALTH_FILE_0_FILE"]) {
    assertEquals(configOf(BASE, { [variable]: "/x" }).health.file, [
      { interval: 10_000, threshold: 0, file: "/x" },
    ]);
  }
});

const WRONG: readonly (readonly [string, string])[] = [
  [
    "health: {file: [{threshold: 1}]}",
    "health.file[0].file: expected a text: there is nothing to check without it",
  ],
  ["health: {file: [{file: /x}, {file: /x}]}", "health.file[1].file: is checked twice"],
  [
    "health: {http: [{uri: 'localhost:80'}]}",
    "health.http[0].uri: expected a URL such as http://127.0.0.1:8080/health",
  ],
  [
    "health: {tcp: [{addr: localhost}]}",
    "health.tcp[0].addr: expected host:port, such as :5000 or 127.0.0.1:5000",
  ],
  [
    "http: {debug: {addr: '5001'}}",
    'http.debug.addr: found "5001", expected host:port, such as :5001',
  ],
  [
    "http: {debug: {addr: ':5001', prometheus: {enabled: true, path: metrics}}}",
    'http.debug.prometheus.path: found "metrics", expected a path such as /metrics',
  ],
  ...["/debug/health", "/debug/health/down", "/debug/health/up", "/debug/readonly"].map((
    path,
  ): [string, string] => [
    `http: {debug: {addr: ':5001', prometheus: {enabled: true, path: ${path}}}}`,
    `http.debug.prometheus.path: found "${path}", which the debug server has for something else, expected a path such as /metrics`,
  ]),
];

for (const [text, expected] of WRONG) {
  Deno.test(`${text} is refused`, () => {
    assertEquals(errorsOf(`${BASE}${text}\n`), [`config.yml:3: ${expected}`]);
  });
}

Deno.test("metrics without a debug server are a warning", () => {
  const text = `${BASE}http: {debug: {prometheus: {enabled: true}}}\n`;
  assertEquals(configOf(text).http.debug, undefined);
  assertEquals(warningsOf(text), [
    "config.yml:3: http.debug.prometheus.enabled: has no effect without http.debug.addr",
  ]);
});
