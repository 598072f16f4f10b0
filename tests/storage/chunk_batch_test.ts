import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { ChunkBatch } from "../../src/storage/chunk_batch.ts";

const KIB = 1024;

Deno.test("a large chunk that owns its buffer is passed on, a view is copied", () => {
  const batch = new ChunkBatch();
  const own = new Uint8Array(64 * KIB).fill(1);
  const view = new Uint8Array(64 * KIB).fill(2).subarray(0, 32 * KIB);
  batch.add(own);
  batch.add(view);
  assertEquals(batch.bytes, 96 * KIB);
  const [first, second] = batch.take();
  assertStrictEquals(first, own);
  assert(second!.buffer !== view.buffer);
  assertEquals(second!.buffer.byteLength, 32 * KIB);
});

Deno.test("small chunks are put together, in order, whatever is between them", () => {
  const batch = new ChunkBatch();
  const expected: number[] = [];
  for (
    const [i, length] of [
      1,
      2,
      15 * KIB,
      60 * KIB,
      3,
      15 * KIB,
      15 * KIB,
      15 * KIB,
      15 * KIB,
      15 * KIB,
    ].entries()
  ) {
    batch.add(new Uint8Array(length).fill(i));
    expected.push(...Array(length).fill(i));
  }
  const chunks = batch.take();
  assert(chunks.length <= 4, `${chunks.length}`);
  assertEquals(new Set(chunks.map((chunk) => chunk.buffer)).size, chunks.length);
  assertEquals(chunks.flatMap((chunk) => [...chunk]).join(), expected.join());
  assertEquals([batch.bytes, batch.take().length], [0, 0]);
});

Deno.test("takeJoined() gives all bytes in one piece", () => {
  const batch = new ChunkBatch();
  assertEquals(batch.takeJoined().length, 0);
  batch.add(new Uint8Array(20 * KIB).fill(1));
  batch.add(new Uint8Array(5).fill(2));
  const joined = batch.takeJoined();
  assertEquals([joined.length, joined[0], joined.at(-1)], [20 * KIB + 5, 1, 2]);
});
