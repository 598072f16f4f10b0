import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { anyText } from "../support/any_text.ts";
import { frameRanges, parseRange, type RangeResult } from "../../src/http/range.ts";

const one = (start: number, end: number): RangeResult => ({
  kind: "ranges",
  ranges: [{ start, end }],
});
const WHOLE: RangeResult = { kind: "whole" };
const INVALID: RangeResult = { kind: "invalid" };
const UNSATISFIABLE: RangeResult = { kind: "unsatisfiable" };
const HUGE = "9".repeat(400);

const OF_TEN: readonly (readonly [header: string, expected: RangeResult])[] = [
  ["bytes=0-0", one(0, 1)],
  ["bytes=2-5", one(2, 6)],
  ["bytes=2-", one(2, 10)],
  ["bytes=0-9", one(0, 10)],
  ["bytes=8-99", one(8, 10)],
  ["bytes=-3", one(7, 10)],
  ["bytes=-30", one(0, 10)],
  ["Bytes=1-2", one(1, 3)],
  ["bytes=\t1-2 , ", one(1, 3)],
  [`bytes=3-${HUGE}`, one(3, 10)],
  [`bytes=-${HUGE}`, one(0, 10)],
  ["bytes=0009-0010", one(9, 10)],
  ["bytes=0-1,99-", one(0, 2)],
  ["bytes=0-1, 4-4,-2", {
    kind: "ranges",
    ranges: [{ start: 0, end: 2 }, { start: 4, end: 5 }, { start: 8, end: 10 }],
  }],
  ["bytes=5-6,5-6", { kind: "ranges", ranges: [{ start: 5, end: 7 }, { start: 5, end: 7 }] }],
  ["bytes=0-8,1-9", WHOLE],
  ["", WHOLE],
  ["bytes=", WHOLE],
  ["bytes=,,", WHOLE],
  ["bytes=10-", UNSATISFIABLE],
  ["bytes=10-12,20-", UNSATISFIABLE],
  ["bytes=-0", UNSATISFIABLE],
  [`bytes=${HUGE}-`, UNSATISFIABLE],
  [`bytes=${HUGE}-${HUGE}`, UNSATISFIABLE],
  ["bytes=5-2", INVALID],
  ["bytes=99-2", INVALID],
  ["bytes=x", INVALID],
  ["bytes=1-2-3", INVALID],
  ["bytes=-", INVALID],
  ["bytes=--1", INVALID],
  ["bytes=1", INVALID],
  ["bytes=0x1-2", INVALID],
  ["bytes=1e1-", INVALID],
  ["bytes=+1-2", INVALID],
  ["bytes=0-1,x", INVALID],
  ["bytes=٠-١", INVALID],
  ["octets=0-1", INVALID],
  [" bytes=0-1", INVALID],
  ["0-1", INVALID],
];

for (const [header, expected] of OF_TEN) {
  const shown = header.length > 60 ? `${header.slice(0, 20)}…` : header;
  Deno.test(`parseRange() of 10 bytes reads ${JSON.stringify(shown)}`, () => {
    assertEquals(parseRange(header, 10), expected);
  });
}

Deno.test("parseRange() answers the whole when there is nothing to have a range of", () => {
  for (const header of ["bytes=0-", "bytes=-5", "bytes=0-0", "bytes=7-"]) {
    assertEquals(parseRange(header, 0), WHOLE);
  }
  assertEquals(parseRange("bytes=x", 0), INVALID);
});

Deno.test("parseRange() answers 100 ranges, and the whole for 101", () => {
  const header = (count: number) => `bytes=${Array(count).fill("0-0").join(",")}`;
  const result = parseRange(header(100), 1000);
  assert(result.kind === "ranges");
  assertEquals(result.ranges.length, 100);
  assertEquals(parseRange(header(101), 1000), WHOLE);
});

Deno.test("parseRange() keeps every range inside of the content, and all together within its size", () => {
  const number = fc.oneof(fc.nat(40), fc.nat().map(String), fc.constant(HUGE), fc.constant(""));
  const specs = fc.array(fc.tuple(number, number).map(([a, b]) => `${a}-${b}`), { maxLength: 120 });
  fc.assert(fc.property(fc.nat(50), specs, (size, specs) => {
    const result = parseRange(`bytes=${specs.join(",")}`, size);
    if (result.kind !== "ranges") return;
    let sum = 0;
    for (const { start, end } of result.ranges) {
      assert(Number.isSafeInteger(start) && Number.isSafeInteger(end));
      assert(0 <= start && start < end && end <= size);
      sum += end - start;
    }
    assert(sum <= size && result.ranges.length > 0);
  }));
});

Deno.test("parseRange() reads back any range that is well formed", () => {
  fc.assert(fc.property(fc.nat(1000), fc.nat(1000), fc.nat(1000), (a, b, more) => {
    const [start, last] = [Math.min(a, b), Math.max(a, b)];
    assertEquals(parseRange(`bytes=${start}-${last}`, last + 1 + more), one(start, last + 1));
  }));
});

Deno.test("parseRange() throws at no header", () => {
  fc.assert(fc.property(anyText, fc.nat(), (text, size) => {
    parseRange(text, size);
    parseRange(`bytes=${text}`, size);
  }));
});

Deno.test("frameRanges() writes a head for each part and knows the length of the body", () => {
  const ranges = [{ start: 0, end: 2 }, { start: 8, end: 10 }];
  const frame = frameRanges(ranges, "B", 10, "application/octet-stream");
  assertEquals(frame.contentType, "multipart/byteranges; boundary=B");
  const content = ["01", "89"];
  const body = frame.heads.map((head, i) => head + content[i]).join("") + frame.tail;
  assertEquals(
    body,
    "--B\r\nContent-Range: bytes 0-1/10\r\nContent-Type: application/octet-stream\r\n\r\n01\r\n" +
      "--B\r\nContent-Range: bytes 8-9/10\r\nContent-Type: application/octet-stream\r\n\r\n89\r\n--B--\r\n",
  );
  assertEquals(frame.length, body.length);
});
