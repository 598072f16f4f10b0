import { assertEquals } from "@std/assert";
import { FairQueue } from "../../src/auth/fair_queue.ts";

function drain(queue: FairQueue<string>): string[] {
  const items: string[] = [];
  for (let item = queue.shift(); item !== undefined; item = queue.shift()) items.push(item);
  return items;
}

Deno.test("owners are served in turn, and each one's items in order", () => {
  const queue = new FairQueue<string>(10);
  for (const item of ["a1", "a2", "a3", "b1", "c1", "c2"]) queue.push(item.charAt(0), item);
  assertEquals(queue.size, 6);
  assertEquals(drain(queue), ["a1", "b1", "c1", "a2", "c2", "a3"]);
  assertEquals(queue.size, 0);
});

Deno.test("one owner may fill it, and then gets no more in", () => {
  const queue = new FairQueue<string>(2);
  assertEquals(queue.push("a", "a1"), undefined);
  assertEquals(queue.push("a", "a2"), undefined);
  assertEquals(queue.push("a", "a3"), "a3");
  assertEquals(drain(queue), ["a1", "a2"]);
});

Deno.test("the last item of whoever has most gives way to another owner", () => {
  const queue = new FairQueue<string>(4);
  for (const item of ["a1", "a2", "a3", "a4"]) queue.push("a", item);
  assertEquals(queue.push("b", "b1"), "a4");
  assertEquals(queue.push("b", "b2"), "a3");
  // now each has its share
  assertEquals(queue.push("b", "b3"), "b3");
  assertEquals(queue.push("c", "c1"), "a2");
  assertEquals(drain(queue), ["a1", "b1", "c1", "b2"]);
});

Deno.test("a queue full of single items takes no more", () => {
  const queue = new FairQueue<string>(3);
  for (const owner of ["a", "b", "c"]) queue.push(owner, `${owner}1`);
  assertEquals(queue.push("d", "d1"), "d1");
  assertEquals(queue.size, 3);
});
