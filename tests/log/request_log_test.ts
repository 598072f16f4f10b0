import { assertEquals } from "@std/assert";
import { createAppLog } from "../../src/log/app_log.ts";
import type { Level } from "../../src/log/logger.ts";
import {
  type CompletedRequest,
  durationText,
  logCompleted,
  requestFields,
} from "../../src/log/request_log.ts";

const HEADERS: Readonly<Record<string, string>> = { host: "HOST:5000", "user-agent": "ua/1" };
const REQUEST = {
  exchange: {
    id: "UUID",
    method: "GET",
    target: "/v2/a/manifests/latest",
    header: (name: string) => HEADERS[name],
  },
  remoteAddress: "127.0.0.1",
  status: 200,
  durationMs: 0.22733,
  bytes: 100,
  contentType: "application/json",
} satisfies CompletedRequest;

function logged(request: CompletedRequest, level: Level = "info"): string[] {
  const lines: string[] = [];
  const log = createAppLog({
    level,
    formatter: "text",
    fields: { "instance.id": "UUID", service: "registry", version: "v3.1.2" },
    write: (text) => void lines.push(text.replace(/^time="[^"]*" /, "")),
    clock: { now: () => 0 },
  });
  logCompleted(log, request);
  return lines;
}

function withTarget(target: string): CompletedRequest {
  return { ...REQUEST, exchange: { ...REQUEST.exchange, target } };
}

Deno.test("the line names who the client's certificate was made out to, on one line", () => {
  const exchange = { ...REQUEST.exchange, clientSubject: "CN=robot\\0aX,O=x" };
  const [line = ""] = logged({ ...REQUEST, exchange });
  assertEquals(line.includes('tls.client.subject="CN=robot\\\\0aX,O=x"'), true, line);
});

Deno.test("an answer with an error is logged as registry:3 does", () => {
  const notes = {
    "err.code": "MANIFEST_UNKNOWN",
    "err.detail": "unknown tag=latest",
    "err.message": "manifest unknown",
    "vars.name": "a",
    "vars.reference": "latest",
  };
  assertEquals(logged({ ...REQUEST, status: 404, notes }), [
    'level=error msg="response completed with error" err.code="manifest unknown" ' +
    'err.detail="unknown tag=latest" err.message="manifest unknown" ' +
    'http.request.host="HOST:5000" http.request.id=UUID http.request.method=GET ' +
    "http.request.remoteaddr=127.0.0.1 http.request.uri=/v2/a/manifests/latest " +
    "http.request.useragent=ua/1 http.response.contenttype=application/json " +
    'http.response.duration="227.33µs" http.response.status=404 http.response.written=100 ' +
    "instance.id=UUID service=registry vars.name=a vars.reference=latest version=v3.1.2\n",
  ]);
});

Deno.test("another answer is logged on level info", () => {
  for (const status of [200, 202, 206, 304, 307]) {
    const [line = "", ...more] = logged({ ...REQUEST, status, notes: { "auth.user.name": "me" } });
    assertEquals(more, []);
    assertEquals(
      line.startsWith('level=info msg="response completed" auth.user.name=me http.request.host='),
      true,
    );
  }
});

Deno.test("what isn't the API's is not logged", () => {
  assertEquals(logged(withTarget("/")), []);
  assertEquals(logged(withTarget("/foo/")), []);
  for (const status of [301, 404, 405, 416]) assertEquals(logged({ ...REQUEST, status }), []);
  assertEquals(logged(withTarget("/foo/v2/")).length, 1);
});

Deno.test("a level that is off is not logged", () => {
  assertEquals(logged(REQUEST, "warn"), []);
  assertEquals(logged({ ...REQUEST, error: new Error("x") }, "error").length, 1);
});

Deno.test("a broken exchange is logged with what broke it", () => {
  const [line = ""] = logged({ ...REQUEST, status: 499, error: new Error("client disconnected") });
  assertEquals(
    line.startsWith(
      'level=error msg="response completed with error" err.code=unknown err.message="client disconnected" ',
    ),
    true,
  );
  const [other = ""] = logged({ ...REQUEST, error: "odd" });
  assertEquals(other.includes(" err.message=odd "), true);
});

Deno.test("requestFields() tells of the referer and the type of the body when there are some", () => {
  const header = (name: string) => `<${name}>`;
  const fields = requestFields({ ...REQUEST, exchange: { ...REQUEST.exchange, header } });
  assertEquals(fields["http.request.referer"], "<referer>");
  assertEquals(fields["http.request.contenttype"], "<content-type>");
});

const DURATIONS: readonly (readonly [number, string])[] = [
  [0, "0s"],
  [-1, "0s"],
  [0.000001, "1ns"],
  [0.000999, "999ns"],
  [0.001, "1µs"],
  [0.655598, "655.598µs"],
  [0.22733, "227.33µs"],
  [1, "1ms"],
  [1.5, "1.5ms"],
  [999.999999, "999.999999ms"],
  [1000, "1s"],
  [2500.25, "2.50025s"],
  [60_000, "1m0s"],
  [123_250, "2m3.25s"],
  [3_600_000, "1h0m0s"],
  [90_061_001, "25h1m1.001s"],
];

for (const [ms, text] of DURATIONS) {
  Deno.test(`durationText() of ${ms} ms is ${text}`, () => assertEquals(durationText(ms), text));
}
