import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { anyText } from "../support/any_text.ts";
import { createAppLog, type LogFormat } from "../../src/log/app_log.ts";
import type { Fields, Level, Logger } from "../../src/log/logger.ts";

const clock = { now: () => Date.UTC(2026, 10, 21, 3, 58, 59, 747) };

function open(
  formatter: LogFormat = "text",
  { level = "info", fields = {} }: { level?: Level; fields?: Fields } = {},
): { readonly log: Logger; readonly lines: string[] } {
  const lines: string[] = [];
  const write = (text: string) => void lines.push(text);
  return { log: createAppLog({ level, formatter, fields, write, clock }), lines };
}

function line(formatter: LogFormat, message: string, fields?: Fields): string {
  const { log, lines } = open(formatter);
  log.info(message, fields);
  return lines.join("");
}

Deno.test("text is logrus' key=value, with the fields sorted behind time, level and msg", () => {
  const { log, lines } = open("text", { fields: { service: "registry" } });
  log.error("response completed with error", {
    "vars.name": "a",
    "http.response.status": 404,
    "http.request.useragent": 'ua "q"/1',
    "http.request.uri": "/v2/",
    "http.request.host": "HOST:5000",
    "http.response.duration": "655.598µs",
    "err.code": "manifest unknown",
    absent: undefined,
    flag: true,
  });
  assertEquals(lines, [
    'time="2026-11-21T03:58:59.747Z" level=error msg="response completed with error" ' +
    'err.code="manifest unknown" flag=true http.request.host="HOST:5000" http.request.uri=/v2/ ' +
    'http.request.useragent="ua \\"q\\"/1" http.response.duration="655.598µs" ' +
    "http.response.status=404 service=registry vars.name=a\n",
  ]);
});

Deno.test("json is one object a line with sorted keys, numbers and flags as such", () => {
  assertEquals(
    line("json", "listening on HOST:5000", { version: "v1", "1": 7, zone: false, "a&b": "<>" }),
    '{"1":7,"a&b":"<>","level":"info","msg":"listening on HOST:5000",' +
      '"time":"2026-11-21T03:58:59.747Z","version":"v1","zone":false}\n',
  );
});

Deno.test("logstash is json with &, < and > escaped", () => {
  assertEquals(
    line("logstash", "<x>", { k: "a&b" }),
    '{"k":"a\\u0026b","level":"info","msg":"\\u003cx\\u003e","time":"2026-11-21T03:58:59.747Z"}\n',
  );
});

Deno.test("levels below the one that is set are dropped, and warn is spelled warning", () => {
  const all: readonly Level[] = ["error", "warn", "info", "debug"];
  for (const [i, level] of all.entries()) {
    const { log, lines } = open("text", { level });
    for (const each of all) log[each]("x");
    assertEquals(all.map((each) => log.enabled(each)), all.map((_, j) => j <= i));
    const names = lines.map((text) => /level=(\w+)/.exec(text)?.[1]);
    assertEquals(names, ["error", "warning", "info", "debug"].slice(0, i + 1));
  }
});

Deno.test("with() adds to the fields of its logger, and leaves that as it is", () => {
  const { log, lines } = open("text", { fields: { a: 1, b: 1 } });
  const inner = log.with({ b: 2, c: 2 });
  inner.info("x", { c: 3 });
  inner.info("x");
  log.info("x");
  assertEquals(lines.map((text) => text.replace(/.* msg=x /, "").trim()), [
    "a=1 b=2 c=3",
    "a=1 b=2 c=2",
    "a=1 b=1",
  ]);
});

Deno.test("a field cannot pose as the time, level or message", () => {
  const fields = { level: "debug", msg: "y", time: "never" };
  assertMatch(
    line("text", "x", fields),
    / level=info msg=x fields\.level=debug fields\.msg=y fields\.time=never\n$/,
  );
  const { level, msg, "fields.level": renamed } = JSON.parse(line("json", "x", fields));
  assertEquals([level, msg, renamed], ["info", "x", "debug"]);
});

Deno.test("a key cannot break its line apart", () => {
  assertMatch(line("text", "x", { "a b=\n": 1 }), / msg=x a_b__=1\n$/);
});

Deno.test("newlines, quotes and terminal sequences are escaped in text", () => {
  const hostile = 'a"\r\ntime="x" level=error \x1b[2J\x9b31m\u2028\u202e\\';
  assertMatch(
    line("text", hostile),
    / msg="a\\"\\r\\ntime=\\"x\\" level=error \\x1b\[2J\\u009b31m\\u2028\\u202e\\\\"\n$/,
  );
});

Deno.test("no value makes a second line, or says anything to a terminal", () => {
  fc.assert(fc.property(anyText, anyText, anyText, (message, key, value) => {
    for (const formatter of ["text", "json", "logstash"] as const) {
      const written = line(formatter, message, { [key]: value });
      assert(written.endsWith("\n"));
      // deno-lint-ignore no-control-regex
      assert(!/[\x00-\x1f\x7f-\x9f\u2028\u2029]/.test(written.slice(0, -1)), written);
    }
  }));
});

Deno.test("json reads back as what was logged", () => {
  const key = fc.string().filter((key) => !["time", "level", "msg", "__proto__"].includes(key));
  const value = fc.oneof(fc.string({ unit: "grapheme" }), fc.integer(), fc.boolean());
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.dictionary(key, value), (msg, fields) => {
      const expected = { ...fields, level: "info", msg, time: "2026-11-21T03:58:59.747Z" };
      assertEquals(JSON.parse(line("json", msg, fields)), expected);
      assertEquals(JSON.parse(line("logstash", msg, fields)), expected);
    }),
  );
});

Deno.test("a text line can be taken apart again into what was logged", () => {
  fc.assert(fc.property(fc.string({ unit: "binary-ascii" }), (value) => {
    const written = line("text", "x", { k: value });
    const match = / msg=x k=(?:"((?:[^"\\]|\\.)*)"|([A-Za-z0-9\-._/@^+]*))\n$/.exec(written);
    assert(match, written);
    const [, quoted, plain] = match;
    assertEquals(quoted === undefined ? plain : unquote(quoted), value);
  }));
});

const LETTERS: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

function unquote(text: string): string {
  return text.replace(
    /\\(?:x(..)|(.))/g,
    (_, hex: string | undefined, char: string) =>
      hex === undefined ? LETTERS[char] ?? char : String.fromCharCode(parseInt(hex, 16)),
  );
}
