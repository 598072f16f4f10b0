import { assertEquals } from "@std/assert";
import { RateLimitWatch, readRateLimit, retryAfter } from "../../src/proxy/rate_limit.ts";

Deno.test("readRateLimit() reads what Docker Hub sends, and nothing else", () => {
  const read = (limit?: string, remaining?: string) => {
    const headers = new Headers();
    if (limit !== undefined) headers.set("ratelimit-limit", limit);
    if (remaining !== undefined) headers.set("ratelimit-remaining", remaining);
    return readRateLimit(headers);
  };
  assertEquals(read("100;w=21600", "20;w=21600"), { limit: 100, remaining: 20 });
  assertEquals(read("100", "0"), { limit: 100, remaining: 0 });
  assertEquals(read(), undefined);
  assertEquals(read("100;w=21600"), undefined);
  assertEquals(read("many", "few"), undefined);
  assertEquals(read("1e9", "-5"), undefined);
});

Deno.test("RateLimitWatch tells once that a tenth is left, and again after a recovery", () => {
  const watch = new RateLimitWatch();
  const said = [100, 50, 11, 10, 9, 0, 80, 10].map((remaining) =>
    watch.isNewlyLow({ limit: 100, remaining })
  );
  assertEquals(said, [false, false, false, true, false, false, false, true]);
});

Deno.test("retryAfter() takes seconds and dates", () => {
  const now = Date.parse("2026-11-21T12:00:00Z");
  assertEquals(retryAfter("30", now), 30);
  assertEquals(retryAfter("Sat, 21 Nov 2026 12:01:00 GMT", now), 60);
  assertEquals(retryAfter("Sat, 21 Nov 2026 11:00:00 GMT", now), 0);
  for (const odd of [null, "", "soon", "-1", "1.5", "9999999999999"]) {
    assertEquals(retryAfter(odd, now), undefined);
  }
});
