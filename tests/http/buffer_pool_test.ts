import { assertEquals, assertStrictEquals } from "@std/assert";
import { BufferPool } from "../../src/http/buffer_pool.ts";

Deno.test("a buffer that was given back is used again, for its length only", () => {
  const pool = new BufferPool([8, 16], 64);
  const buffer = pool.take(8);
  pool.giveBack(buffer);
  assertEquals(pool.take(16).length, 16);
  assertStrictEquals(pool.take(8), buffer);
  assertEquals(pool.take(8) === buffer, false);
});

Deno.test("other lengths, and what is too much, are not kept", () => {
  const pool = new BufferPool([8], 16);
  const other = pool.take(3);
  pool.giveBack(other);
  assertEquals(pool.take(3) === other, false);
  const buffers = [1, 2, 3].map(() => pool.take(8));
  for (const buffer of buffers) pool.giveBack(buffer);
  const again = [1, 2, 3].map(() => pool.take(8));
  assertEquals(again.map((buffer) => buffers.indexOf(buffer)), [1, 0, -1]);
});
