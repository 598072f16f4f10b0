import { assertEquals, assertStringIncludes } from "@std/assert";
import { createDebugApi, type DebugOptions } from "../../src/debug/debug_api.ts";
import { FakeExchange, type FakeRequest } from "../support/fake_exchange.ts";
import { RecordedLog } from "../support/recorded_log.ts";

function debugging(options: Partial<DebugOptions> = {}) {
  const logger = new RecordedLog();
  const failures: Record<string, string> = {};
  const readOnly = {
    isOn: false,
    set(on: boolean) {
      this.isOn = on;
    },
  };
  const health = {
    get isHealthy() {
      return Object.keys(failures).length === 0;
    },
    failures: () => failures,
    setDown: (reason: string) => void (failures["manual_http_status"] = reason),
    setUp: () => void delete failures["manual_http_status"],
  };
  const handler = createDebugApi({ host: "berth.internal", health, readOnly, logger, ...options });
  const ask = async (request: FakeRequest) => {
    const exchange = new FakeExchange(request);
    await handler(exchange);
    return { exchange, status: exchange.status, text: new TextDecoder().decode(exchange.bytes) };
  };
  return { ask, failures, readOnly, logger };
}

Deno.test("/debug/health answers 200 and nothing while all is well", async () => {
  const { ask } = debugging();
  const { exchange, status, text } = await ask({ target: "/debug/health" });
  assertEquals([status, text], [200, "{}"]);
  assertEquals(exchange.answered.get("content-type"), ["application/json"]);
  assertEquals((await ask({ target: "/debug/health?verbose=1" })).status, 200);
});

Deno.test("/debug/health answers 503 with what fails, escaped as Go does", async () => {
  const { ask, failures } = debugging();
  Object.assign(failures, { "/a": "file exists", "http://h/?a&b": 'said "<no>"' });
  const { status, text } = await ask({ target: "/debug/health" });
  assertEquals(status, 503);
  assertEquals(
    text,
    '{"/a":"file exists","http://h/?a\\u0026b":"said \\"\\u003cno\\u003e\\""}',
  );
  assertEquals((await ask({ method: "HEAD", target: "/debug/health" })).status, 503);
});

Deno.test("the operator turns health down and up, and the log tells who", async () => {
  const { ask, logger } = debugging();
  assertEquals((await ask({ method: "POST", target: "/debug/health/down" })).status, 200);
  const { status, text } = await ask({ target: "/debug/health" });
  assertEquals([status, text], [503, '{"manual_http_status":"Manual Check"}']);
  assertEquals((await ask({ method: "POST", target: "/debug/health/up" })).status, 200);
  assertEquals((await ask({ target: "/debug/health" })).status, 200);
  assertEquals(logger.lines, [
    'warn health is turned down on the debug address {"http.request.remoteaddr":"127.0.0.1"}',
    'warn health is turned up on the debug address {"http.request.remoteaddr":"127.0.0.1"}',
  ]);
});

const CLOSE = new TextEncoder().encode("}");

const FORMS: readonly [string, FakeRequest, number, boolean][] = [
  ["a query", { target: "/debug/readonly?enabled=true" }, 200, true],
  ["a body", { target: "/debug/readonly", body: '{"enabled": true}' }, 200, true],
  ["a body that says no", { target: "/debug/readonly", body: '{"enabled":false}' }, 200, false],
  ["nothing", { target: "/debug/readonly" }, 400, false],
  ["a word", { target: "/debug/readonly?enabled=yes" }, 400, false],
  ["two answers", { target: "/debug/readonly?enabled=true&enabled=false" }, 400, false],
  ["a text for a boolean", { target: "/debug/readonly", body: '{"enabled":"true"}' }, 400, false],
  ["a list", { target: "/debug/readonly", body: "[true]" }, 400, false],
  ["null", { target: "/debug/readonly", body: "null" }, 400, false],
  ["half a body", { target: "/debug/readonly", body: '{"enabled":tr' }, 400, false],
  [
    "a long body",
    {
      target: "/debug/readonly",
      body: `{"enabled":true,"x":"${"x".repeat(1024)}"}`,
    },
    400,
    false,
  ],
  [
    "a long body in chunks",
    {
      target: "/debug/readonly",
      body: [new TextEncoder().encode('{"enabled":true'), new Uint8Array(1024).fill(32), CLOSE],
    },
    400,
    false,
  ],
];

for (const [what, request, expected, isOn] of FORMS) {
  Deno.test(`PUT /debug/readonly with ${what} is answered ${expected}`, async () => {
    const { ask, readOnly } = debugging();
    const { status, text } = await ask({ method: "PUT", ...request });
    assertEquals([status, readOnly.isOn], [expected, isOn]);
    if (expected === 200) assertEquals(text, `{"enabled":${isOn}}`);
    else assertStringIncludes(text, "Expected ?enabled=true");
  });
}

Deno.test("GET /debug/readonly tells the state and changes nothing", async () => {
  const { ask, readOnly, logger } = debugging();
  assertEquals((await ask({ target: "/debug/readonly?enabled=true" })).text, '{"enabled":false}');
  readOnly.set(true);
  assertEquals((await ask({ target: "/debug/readonly" })).text, '{"enabled":true}');
  assertEquals(logger.lines, []);
});

Deno.test("the log tells who turned read-only mode on, and what it was", async () => {
  const { ask, logger } = debugging();
  await ask({ method: "PUT", target: "/debug/readonly?enabled=true" });
  assertEquals(logger.lines, [
    'warn read-only mode is on {"http.request.remoteaddr":"127.0.0.1","readonly.before":false}',
  ]);
});

const CHANGES: readonly FakeRequest[] = [
  { method: "POST", target: "/debug/health/down" },
  { method: "POST", target: "/debug/health/up" },
  { method: "PUT", target: "/debug/readonly?enabled=true" },
];
const BROWSERS: readonly Readonly<Record<string, string>>[] = [
  { Origin: "https://evil.example" },
  { Origin: "null" },
  { Origin: "http://127.0.0.1:5001", Host: "127.0.0.1:5001" }, // a name that was bound anew
  { "Sec-Fetch-Site": "cross-site" },
  { "Sec-Fetch-Site": "same-origin" },
];

Deno.test("no page in a browser changes anything", async () => {
  for (const change of CHANGES) {
    for (const headers of BROWSERS) {
      const { ask, readOnly, failures, logger } = debugging();
      assertEquals((await ask({ ...change, headers })).status, 403);
      assertEquals([readOnly.isOn, failures, logger.lines], [false, {}, []]);
    }
  }
});

Deno.test("a browser may look", async () => {
  const { ask } = debugging();
  const headers = { "Sec-Fetch-Site": "none", "Accept-Language": "en", Host: "127.0.0.1:5001" };
  assertEquals((await ask({ target: "/debug/health", headers })).status, 200);
});

/** What a page may make a browser send: it can leave out Referer, and over plain HTTP there is nothing else but the language. */
const PAGES: readonly Readonly<Record<string, string>>[] = [
  { "Accept-Language": "en" },
  { "Accept-Language": "" },
  { Referer: "http://evil.example/" },
  { Origin: "http://evil.example" },
  { "Sec-Fetch-Site": "same-origin" },
];
const NAMES = ["evil.example", "evil.example:5001", "a", "127.0.0.1.evil.example", "1.2.3", ""];
const OWN_NAMES = [
  "127.0.0.1:5001",
  "10.0.0.7",
  "[::1]:5001",
  "[fd00::1]",
  "localhost:5001",
  "LOCALHOST",
  "berth.internal:5001",
];

Deno.test("a page reads nothing under a name that was bound anew", async () => {
  const metrics = { path: "/metrics", contentType: "text/plain", render: () => "up 1\n" };
  const { ask } = debugging({ metrics });
  for (const target of ["/metrics", "/debug/health", "/debug/readonly"]) {
    for (const page of PAGES) {
      for (const Host of NAMES) {
        const { status, text } = await ask({ target, headers: { ...page, Host } });
        assertEquals([status, text.includes("up 1")], [403, false], Host);
        assertStringIncludes(text, "Cannot show this to a browser by a name");
      }
      for (const Host of OWN_NAMES) {
        assertEquals((await ask({ target, headers: { ...page, Host } })).status, 200, Host);
      }
    }
  }
});

Deno.test("a health check of another server asks by any name", async () => {
  const headers = { Host: "berth-2:5001", "Accept-Language": "*", "User-Agent": "Deno/2.9.6" };
  const { status, text } = await debugging().ask({
    method: "HEAD",
    target: "/debug/health",
    headers,
  });
  assertEquals([status, text], [200, ""]);
});

Deno.test("Prometheus and curl read by any name", async () => {
  const metrics = { path: "/metrics", contentType: "text/plain", render: () => "up 1\n" };
  const { ask } = debugging({ metrics });
  const clients: Readonly<Record<string, string>>[] = [
    {
      "Accept": "application/openmetrics-text;version=1.0.0;q=0.6,*/*;q=0.1",
      "Accept-Encoding": "gzip",
      "User-Agent": "Prometheus/3.5.0",
      "X-Prometheus-Scrape-Timeout-Seconds": "10",
    },
    { "Accept": "*/*", "User-Agent": "curl/8.5.0" },
  ];
  for (const client of clients) {
    for (const Host of [...NAMES, ...OWN_NAMES]) {
      const { status } = await ask({ target: "/metrics", headers: { ...client, Host } });
      assertEquals(status, 200, Host);
    }
  }
});

Deno.test("metrics are answered at their path only while they are on", async () => {
  const metrics = {
    path: "/metrics",
    contentType: "text/plain; version=0.0.4",
    render: () => Promise.resolve("up 1\n"),
  };
  const { exchange, status, text } = await debugging({ metrics }).ask({ target: "/metrics" });
  assertEquals([status, text], [200, "up 1\n"]);
  assertEquals(exchange.answered.get("content-type"), ["text/plain; version=0.0.4"]);
  assertEquals((await debugging().ask({ target: "/metrics" })).status, 404);
});

Deno.test("anything else is not found, or not allowed", async () => {
  const { ask } = debugging();
  const paths = ["/", "/debug/health/", "/debug/vars", "/debug/pprof/", "/v2/", "/toString", "*"];
  for (const target of paths) {
    const { exchange, status, text } = await ask({ target });
    assertEquals([status, text], [404, "404 page not found\n"]);
    assertEquals(exchange.answered.get("content-type"), ["text/plain; charset=utf-8"]);
  }
  const wrong: [string, string, string][] = [
    ["POST", "/debug/health", "GET, HEAD"],
    ["GET", "/debug/health/down", "POST"],
    ["DELETE", "/debug/readonly", "GET, HEAD, PUT"],
    ["toString", "/debug/readonly", "GET, HEAD, PUT"],
  ];
  for (const [method, target, allow] of wrong) {
    const { exchange, status } = await ask({ method, target });
    assertEquals([status, exchange.answered.get("allow")], [405, [allow]]);
  }
});
