import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { MemoryContent } from "../../src/storage/memory_content.ts";

function numbered(length: number, from = 0): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length).map((_, i) => (from + i) % 251);
}

function all(content: MemoryContent): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(content.size);
  assertEquals(content.copy(bytes, 0, content.size), content.size);
  return bytes;
}

/** Memory that the content holds, seen through its views. */
function held(content: MemoryContent): number {
  const buffers = new Set<ArrayBuffer>();
  for (let at = 0; at < content.size;) {
    const view = content.view(at, content.size);
    buffers.add(view.buffer);
    at += view.length;
  }
  return [...buffers].reduce((sum, buffer) => sum + buffer.byteLength, 0);
}

Deno.test("a chunk that owns its buffer is kept, not copied", () => {
  const content = new MemoryContent();
  const chunk = numbered(64 * 1024);
  content.append(chunk);
  assertStrictEquals(content.view(0, 10).buffer, chunk.buffer);
});

Deno.test("a view of a larger buffer is copied, so that the buffer can go", () => {
  const content = new MemoryContent();
  const buffer = numbered(1024 * 1024);
  content.append(buffer.subarray(0, 64 * 1024));
  content.trim();
  assertEquals(held(content), 64 * 1024);
});

Deno.test("bytes in chunks of any size are held once", () => {
  const content = new MemoryContent();
  let size = 0;
  for (const length of [1, 3, 5000, 20_000, 1, 16 * 1024, 100, 3_000_000, 7]) {
    content.append(numbered(length, size));
    size += length;
  }
  content.trim();
  assertEquals(content.size, size);
  const bytes = all(content);
  assert(bytes.every((byte, i) => byte === i % 251));
  assertEquals(held(content), size);
});

Deno.test("a view ends at a border and at the end, and is empty past it", () => {
  const content = new MemoryContent();
  content.append(numbered(16 * 1024));
  content.append(numbered(16 * 1024));
  assertEquals(content.view(16 * 1024 - 5, 100).length, 5);
  assertEquals(content.view(32 * 1024 - 5, 100).length, 5);
  assertEquals(content.view(32 * 1024, 100).length, 0);
  assertEquals(content.view(0, 0).length, 0);
});

Deno.test("positions in any order are found", () => {
  const content = new MemoryContent();
  for (let i = 0; i < 40; i++) content.append(numbered(16 * 1024, i * 16 * 1024));
  for (const at of [0, 639 * 1024, 16 * 1024, 16 * 1024 - 1, 320 * 1024 + 7, 5]) {
    assertEquals(content.view(at, 1)[0], at % 251);
  }
});

Deno.test("it goes on after it was trimmed", () => {
  const content = new MemoryContent();
  content.append(numbered(10));
  content.trim();
  content.append(numbered(10, 10));
  assertEquals(all(content), numbered(20));
});
