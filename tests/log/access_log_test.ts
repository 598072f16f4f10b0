import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { anyText } from "../support/any_text.ts";
import { type AccessEntry, createAccessLog } from "../../src/log/access_log.ts";

const AT = Date.UTC(2026, 10, 21, 3, 58, 46, 999);
const ENTRY: AccessEntry = {
  remoteAddress: "127.0.0.1",
  method: "GET",
  target: '/v2/nope?x=%20y&z="q"',
  httpVersion: "1.1",
  status: 404,
  bytes: 19,
  referer: "http://ref/x",
  userAgent: 'ua "q"/1',
  at: AT,
};

function linesOf(...entries: readonly AccessEntry[]): string[] {
  const lines: string[] = [];
  const log = createAccessLog((text) => void lines.push(text));
  for (const entry of entries) log.log(entry);
  return lines;
}

Deno.test("an access line is distribution's, to the letter", () => {
  assertEquals(linesOf(ENTRY), [
    String.raw`127.0.0.1 - - [21/Nov/2026:03:58:46 +0000] "GET /v2/nope?x=%20y&z=\"q\" HTTP/1.1" ` +
    String.raw`404 19 "http://ref/x" "ua \"q\"/1"` + "\n",
  ]);
});

Deno.test("what a request doesn't tell is empty in its access line", () => {
  const entry = {
    remoteAddress: "@",
    method: "HEAD",
    target: "/v2/",
    status: 200,
    bytes: 0,
    at: 0,
  };
  assertEquals(linesOf({ ...entry, httpVersion: "1.0" }, entry), [
    '@ - - [01/Jan/1970:00:00:00 +0000] "HEAD /v2/ HTTP/1.0" 200 0 "" ""\n',
    '@ - - [01/Jan/1970:00:00:00 +0000] "HEAD /v2/ HTTP/1.1" 200 0 "" ""\n',
  ]);
});

Deno.test("each access line has the date of its own request", () => {
  const dates = linesOf(
    ENTRY,
    { ...ENTRY, at: AT + 1 },
    { ...ENTRY, at: AT },
    { ...ENTRY, at: Date.UTC(2027, 0, 1) },
  ).map((line) => /\[(.*?)\]/.exec(line)?.[1]);
  assertEquals(dates, [
    "21/Nov/2026:03:58:46 +0000",
    "21/Nov/2026:03:58:47 +0000",
    "21/Nov/2026:03:58:46 +0000",
    "01/Jan/2027:00:00:00 +0000",
  ]);
});

Deno.test("no request can forge an access line", () => {
  const forged = 'x"\n10.0.0.1 - - [now] "GET / HTTP/1.1" 200 0 "" "\x1b[2J';
  const [line = ""] = linesOf({ ...ENTRY, userAgent: forged });
  assert(
    line.endsWith('"x\\"\\n10.0.0.1 - - [now] \\"GET / HTTP/1.1\\" 200 0 \\"\\" \\"\\x1b[2J"\n'),
  );

  fc.assert(fc.property(anyText, anyText, anyText, (target, referer, userAgent) => {
    const [line = ""] = linesOf({ ...ENTRY, target, referer, userAgent });
    const quoted = String.raw`"(?:[^"\\\p{Cc}]|\\[^\p{Cc}])*"`;
    const shape = String.raw`^127\.0\.0\.1 - - \[[^\]]*\] ${quoted} 404 19 ${quoted} ${quoted}\n$`;
    assert(new RegExp(shape, "u").test(line), line);
  }));
});
