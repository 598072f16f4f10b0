import { assertEquals } from "@std/assert";
import { NegativeCache } from "../../src/proxy/negative_cache.ts";
import { ManualTime } from "../support/manual_time.ts";

Deno.test("a 404 is believed for ten seconds, and not longer when the clock is set back", () => {
  const time = new ManualTime();
  const cache = new NegativeCache(time);
  assertEquals(cache.has("a"), false);
  cache.add("a");
  time.pass(9_999);
  assertEquals([cache.has("a"), cache.has("b")], [true, false]);
  time.pass(1);
  assertEquals(cache.has("a"), false);
  cache.add("a");
  time.pass(-60_000);
  assertEquals(cache.has("a"), false);
  cache.add("b");
  cache.delete("b");
  assertEquals(cache.has("b"), false);
});

Deno.test("who asks for ever new names fills no memory", () => {
  const cache = new NegativeCache(new ManualTime());
  for (let i = 0; i < 20_001; i++) cache.add(String(i));
  assertEquals([cache.has("0"), cache.has("10000"), cache.has("20000")], [false, false, true]);
});
