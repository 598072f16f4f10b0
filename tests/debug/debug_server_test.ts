import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DebugListenError, isLoopback, startDebugServer } from "../../src/debug/debug_server.ts";
import { RecordedLog } from "../support/recorded_log.ts";

const clock = { now: () => 0 };

Deno.test("the debug server answers, and a handler that breaks takes nothing down", async () => {
  const logger = new RecordedLog();
  const faults: unknown[] = [];
  const server = await startDebugServer((exchange) => {
    if (exchange.target === "/break") throw new Error("broken");
    return exchange.reply(200, {}, "fine");
  }, { host: "127.0.0.1", port: 0, clock, logger, onFault: (error) => faults.push(error) });
  try {
    const port = server.address.net === "tcp" ? server.address.port : 0;
    const broken = await fetch(`http://127.0.0.1:${port}/break`);
    await broken.body?.cancel();
    assertEquals(broken.status, 500);
    assertEquals(await (await fetch(`http://127.0.0.1:${port}/`)).text(), "fine");
    assertEquals(faults.map(String), ["Error: broken"]);
    assertEquals(logger.lines, []);
  } finally {
    await server.stop(0);
  }
});

Deno.test("a debug address that is taken is told as such", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const options = { clock, logger: new RecordedLog(), onFault: () => {} };
  const error = await assertRejects(
    () =>
      startDebugServer((exchange) => exchange.reply(200, {}), {
        host: "127.0.0.1",
        port: taken.addr.port,
        ...options,
      }),
    DebugListenError,
  );
  assertStringIncludes(error.message, "error listening on debug interface: ");
  assertStringIncludes(String(error.cause), "EADDRINUSE");
});

Deno.test("a debug address beyond this machine makes a warning", async () => {
  const logger = new RecordedLog();
  const server = await startDebugServer((exchange) => exchange.reply(200, {}), {
    host: "",
    port: 0,
    clock,
    logger,
    onFault: () => {},
  });
  await server.stop(0);
  assertEquals(logger.lines.length, 1);
  assertStringIncludes(logger.lines[0] ?? "", "the debug address listens beyond this machine");
  const hosts = ["", "0.0.0.0", "::", "10.0.0.1", "127.evil.example", "localhost", "127.0.0.9"];
  assertEquals(hosts.filter(isLoopback), ["localhost", "127.0.0.9"]);
});
