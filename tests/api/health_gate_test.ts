import { assertEquals } from "@std/assert";
import { healthGate } from "../../src/api/health_gate.ts";
import { createPipeline } from "../../src/http/pipeline.ts";
import { FakeExchange } from "../support/fake_exchange.ts";

function gated() {
  const health = { isHealthy: true };
  const faults: unknown[] = [];
  let handled = 0;
  const handler = createPipeline(
    healthGate((exchange) => {
      handled++;
      exchange.addHeader("Docker-Distribution-Api-Version", "registry/2.0");
      return exchange.reply(200, {}, "fine");
    }, health),
    { clock: { now: () => 0 }, onEnd: () => {}, onFault: (_, error) => faults.push(error) },
  );
  const ask = async (method: string, target: string) => {
    const exchange = new FakeExchange({ method, target, body: "body" });
    await handler(exchange);
    return exchange;
  };
  return { health, faults, ask, handled: () => handled };
}

Deno.test("while unhealthy every request is answered 503, whatever it asks for", async () => {
  const { health, faults, ask, handled } = gated();
  health.isHealthy = false;
  for (const target of ["/", "/v2/", "/nope", "/v2/a/blobs/uploads/", "*"]) {
    for (const method of ["GET", "PUT", "OPTIONS"]) {
      const exchange = await ask(method, target);
      assertEquals(exchange.status, 503);
      assertEquals(
        new TextDecoder().decode(exchange.bytes),
        '{"errors":[{"code":"UNAVAILABLE","message":"service unavailable",' +
          '"detail":"health check failed: please see /debug/health"}]}\n',
      );
      assertEquals(exchange.answered.get("content-type"), ["application/json"]);
      assertEquals(exchange.answered.has("docker-distribution-api-version"), false);
      assertEquals(exchange.bodyTaken, false);
    }
  }
  assertEquals([handled(), faults], [0, []]);
});

Deno.test("a server that is healthy, or is so again, answers", async () => {
  const { health, ask } = gated();
  assertEquals((await ask("GET", "/")).status, 200);
  health.isHealthy = false;
  assertEquals((await ask("GET", "/")).status, 503);
  health.isHealthy = true;
  assertEquals((await ask("GET", "/")).status, 200);
});
