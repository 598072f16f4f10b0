import { assertEquals } from "@std/assert";
import { Reachability } from "../../src/proxy/reachability.ts";

Deno.test("an upstream is in reach from its first good answer to its next failure", () => {
  const reach = new Reachability();
  const metrics = reach.metricsOf("a");
  const seen = (act: () => void) => {
    act();
    return reach.isReachable("a");
  };
  assertEquals(reach.isReachable("a"), false);
  assertEquals(seen(() => metrics.answered("manifest", 503, 1)), false);
  assertEquals(seen(() => metrics.answered("manifest", 404, 1)), true);
  assertEquals(seen(() => metrics.failed("blob", "lying")), true);
  for (const kind of ["unreachable", "timeout", "failing", "limited", "denied"] as const) {
    assertEquals(seen(() => metrics.failed("blob", kind)), false, kind);
    assertEquals(seen(() => metrics.answered("blob", 200, 1)), true);
  }
  assertEquals(seen(() => metrics.breaker(true)), false);
  assertEquals(reach.isReachable("b"), false);
});
