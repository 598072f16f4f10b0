import { assert, assertEquals, assertRejects } from "@std/assert";
import { type ByteSource, bytesSource } from "../../src/async/byte_source.ts";
import { GrowingContent } from "../../src/proxy/growing_content.ts";
import { GrowingSource } from "../../src/proxy/growing_source.ts";
import { KIB, MIB, noise, take } from "../support/fill_world.ts";

const HELD_BACK = 64 * KIB;

/** A content over bytes that lie in memory, with its reads counted, and closes. */
function growing(size: number) {
  const bytes = noise(size);
  const inner = bytesSource(bytes);
  const counted = { reads: 0, closed: 0 };
  const file: ByteSource = {
    size: Infinity,
    readNow: (into, position) => {
      counted.reads++;
      return inner.readNow?.(into, position);
    },
    read: (into, position) => inner.read(into, position),
    close: () => void counted.closed++,
  };
  const content = new GrowingContent(size, () => Promise.resolve(file));
  const open = () => new GrowingSource(content, { range: () => undefined, left: () => {} });
  return { bytes, content, counted, open };
}

Deno.test("its size is final, and nothing is there at first", () => {
  const { open } = growing(MIB);
  const source = open();
  assertEquals(source.size, MIB);
  assertEquals(source.readNow(new Uint8Array(10), 0), undefined);
  assertEquals(source.view(0, 10), undefined);
  assert(source.ready(0) instanceof Promise);
  source.close();
});

Deno.test("a read waits for its first byte, and takes what is there", async () => {
  const { content, bytes, open } = growing(MIB);
  const source = open();
  const into = new Uint8Array(1000);
  const reading = source.read(into, 500);
  content.grow(500);
  content.grow(700);
  assertEquals(await reading, 200);
  assertEquals(into.subarray(0, 200), bytes.subarray(500, 700));
  assertEquals(source.ready(699), undefined);
  assert(source.ready(700) instanceof Promise);
  source.close();
});

Deno.test("past its end there is nothing, and nothing to wait for", async () => {
  const { open } = growing(MIB);
  const source = open();
  assertEquals(source.ready(MIB), undefined);
  assertEquals(source.readNow(new Uint8Array(1), MIB), 0);
  assertEquals(await source.read(new Uint8Array(1), MIB + 5), 0);
  source.close();
});

Deno.test("the last 64 KiB are held back until all is verified", async () => {
  const { content, bytes, open } = growing(MIB);
  const source = open();
  content.grow(MIB);
  const { bytes: most } = await readThere(source);
  assertEquals(most, bytes.subarray(0, MIB - HELD_BACK));
  const rest = source.read(new Uint8Array(MIB), MIB - HELD_BACK);
  content.verify();
  assertEquals(await rest, HELD_BACK);
  source.close();
});

Deno.test("after a failure what is there can be read, and the rest rejects", async () => {
  const { content, bytes, open } = growing(MIB);
  const waiting = take(open());
  content.grow(300_000);
  content.fail(new Error("upstream broke off"));
  const { bytes: got, error } = await waiting;
  assertEquals(got, bytes.subarray(0, 300_000));
  assertEquals((error as Error).message, "upstream broke off");
  const late = open();
  await assertRejects(() => late.read(new Uint8Array(1), 300_000), Error, "upstream broke off");
  late.close();
});

Deno.test("those who follow the head share what was read", async () => {
  const { content, bytes, counted, open } = growing(4 * MIB);
  const sources = Array.from({ length: 20 }, open);
  for (let there = 100_000; there < 3 * MIB; there += 100_000) {
    content.grow(there);
    for (const source of sources) {
      await source.ready(there - 100_000);
      for (let at = there - 100_000; at < there;) {
        const view = source.view(at, there - at);
        assert(view && view.length > 0);
        assertEquals(view, bytes.subarray(at, at + view.length));
        at += view.length;
      }
    }
  }
  // one read for each growth, and one more where it goes over a chunk's border
  assert(counted.reads <= 2 * 3 * MIB / 100_000, `${counted.reads}`);
  for (const source of sources) source.close();
});

Deno.test("a reader far behind the head reads for itself, and so does a lone one", async () => {
  const { content, open } = growing(20 * MIB);
  content.grow(20 * MIB);
  const [alone] = [open()];
  await alone.ready(0);
  assertEquals(alone.view(19 * MIB, 10), undefined);
  assertEquals(alone.readNow(new Uint8Array(10), 19 * MIB), 10);
  const other = open();
  assertEquals(alone.view(0, 10), undefined);
  assertEquals(alone.view(19 * MIB, 10)?.length, 10);
  alone.close();
  other.close();
});

Deno.test("the file is closed with its last reader, once nobody writes", async () => {
  const { content, counted, open } = growing(MIB);
  const [one, two] = [open(), open()];
  content.grow(1000);
  await one.ready(0);
  one.close();
  one.close();
  content.verify();
  content.end();
  assertEquals(counted.closed, 0);
  two.close();
  assertEquals(counted.closed, 1);
});

Deno.test("a closed source refuses to be read", async () => {
  const { content, open } = growing(MIB);
  const source = open();
  content.grow(1000);
  source.close();
  await assertRejects(() => source.read(new Uint8Array(1), 0), Error, "closed");
});

/** What can be had without more coming. */
async function readThere(source: GrowingSource): Promise<{ bytes: Uint8Array<ArrayBuffer> }> {
  const into = new Uint8Array(source.size);
  let at = 0;
  await source.ready(0);
  for (let count: number | undefined; (count = source.readNow(into.subarray(at), at));) at += count;
  return { bytes: into.slice(0, at) };
}
