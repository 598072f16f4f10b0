import { assertEquals } from "@std/assert";
import { WarmFiles } from "../../src/storage/warm_files.ts";

const MIB = 1024 * 1024;

Deno.test("a file is warm after it was added, with the same size only", () => {
  const warm = new WarmFiles(10 * MIB);
  warm.add(1, 100);
  assertEquals([warm.has(1, 100), warm.has(1, 101), warm.has(2, 100)], [true, false, false]);
  warm.remove(1);
  assertEquals(warm.has(1, 100), false);
});

Deno.test("the oldest cool down when the limit is reached", () => {
  const warm = new WarmFiles(10 * MIB);
  for (const inode of [1, 2, 3]) warm.add(inode, 3 * MIB);
  warm.add(1, 3 * MIB); // the youngest again
  warm.add(4, 4 * MIB);
  assertEquals([1, 2, 3, 4].map((inode) => warm.has(inode, inode === 4 ? 4 * MIB : 3 * MIB)), [
    true,
    false,
    true,
    true,
  ]);
});

Deno.test("a file beyond the limit is never warm and pushes out nothing", () => {
  const warm = new WarmFiles(MIB);
  warm.add(1, 100);
  warm.add(2, 2 * MIB);
  assertEquals([warm.has(1, 100), warm.has(2, 2 * MIB)], [true, false]);
});

Deno.test("the table stays small however small the files are", () => {
  const warm = new WarmFiles(MIB);
  for (let inode = 1; inode <= 1000; inode++) warm.add(inode, 1);
  const count = Array.from({ length: 1000 }, (_, i) => warm.has(i + 1, 1)).filter(Boolean).length;
  assertEquals(count, 16);
});
