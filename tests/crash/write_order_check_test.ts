import { assertEquals } from "@std/assert";
import { parseStrace } from "../support/strace.ts";
import { checkWriteOrder } from "../support/write_order.ts";

const GOOD = [
  '10 mkdirat(AT_FDCWD</>, "/root/blobs/ab", 0777) = 0',
  '10 write(5</root/_uploads/1/data>, "hello", 5) = 5',
  "10 fdatasync(5</root/_uploads/1/data> <unfinished ...>",
  '11 write(1<pipe:[1]>, "log", 3) = 3',
  "10 <... fdatasync resumed>)              = 0",
  '10 rename("/root/_uploads/1/data", "/root/blobs/ab/data") = 0',
  "10 fsync(6</root/blobs/ab>) = 0",
  "10 fsync(7</root/blobs>) = 0",
  '10 openat(AT_FDCWD</>, "/root/a/link.1.tmp", O_WRONLY|O_CREAT|O_EXCL, 0666) = 8</root/a/link.1.tmp>',
  '10 write(8</root/a/link.1.tmp>, "sha256:ab", 9) = 9',
  "10 fsync(8</root/a/link.1.tmp>) = 0",
  '10 rename("/root/a/link.1.tmp", "/root/a/link") = 0',
  "10 fsync(9</root/a>) = 0",
  '12 write(20<socket:[7]>, "HTTP/1.1 201 Created\\r\\n"..., 100) = 100',
];

function violations(lines: readonly string[]): string[] {
  return checkWriteOrder(parseStrace(lines.join("\n")), "/root").flatMap((step) => [
    ...step.violations,
  ]);
}

/** The trace with one line left out. */
function without(text: string): string[] {
  return GOOD.filter((line) => !line.includes(text));
}

Deno.test("checkWriteOrder() finds nothing in the prescribed order", () => {
  assertEquals(checkWriteOrder(parseStrace(GOOD.join("\n")), "/root"), [
    { status: 201, published: ["/blobs/ab/data", "/a/link"], violations: [] },
  ]);
});

Deno.test("checkWriteOrder() finds data that was not synced", () => {
  assertEquals(violations(without("fsync(8<")), [
    "/a/link: its data was not synced before it got its name",
  ]);
});

Deno.test("checkWriteOrder() finds a write after the sync", () => {
  const late = '10 write(8</root/a/link.1.tmp>, "x", 1) = 1';
  assertEquals(violations(GOOD.toSpliced(11, 0, late)), [
    "/a/link: its data was not synced before it got its name",
  ]);
});

Deno.test("checkWriteOrder() finds a folder that was not synced before the answer", () => {
  const late = [...without("fsync(9<"), "10 fsync(9</root/a>) = 0"];
  assertEquals(violations(late), ["/a/link: its folder was not synced before the answer"]);
});

Deno.test("checkWriteOrder() finds a new folder whose parent was not synced", () => {
  assertEquals(violations(without("fsync(7<")), [
    "/blobs/ab: the folder above it was not synced before the answer",
  ]);
});

Deno.test("checkWriteOrder() finds a link that appeared before its blob was durable", () => {
  const sync = "10 fsync(6</root/blobs/ab>) = 0";
  const late = [...without("fsync(6<").slice(0, -1), sync, ...GOOD.slice(-1)];
  assertEquals(violations(late), [
    "/a/link: it appeared before /blobs/ab/data was durable",
  ]);
});

Deno.test("checkWriteOrder() counts a failed fsync as none", () => {
  const failed = GOOD.map((line) =>
    line.includes("fsync(9<") ? "10 fsync(9</root/a>) = -1 EIO (Input/output error)" : line
  );
  assertEquals(violations(failed), ["/a/link: its folder was not synced before the answer"]);
});

Deno.test("checkWriteOrder() finds a file that was written in place", () => {
  const open =
    '10 openat(AT_FDCWD</>, "/root/a/link", O_WRONLY|O_CREAT|O_TRUNC, 0666) = 8</root/a>';
  assertEquals(violations(GOOD.toSpliced(0, 0, open)), ["/a/link: it was written in place"]);
});
