import { assert, assertEquals, assertMatch } from "@std/assert";
import { ClientGoneError, type Handler, StalledError } from "../../src/http/exchange.ts";
import { createPipeline, type Outcome } from "../../src/http/pipeline.ts";
import { RegistryError } from "../../src/oci/error.ts";
import { PathNotFoundError, StorageError } from "../../src/storage/driver.ts";
import { FakeExchange } from "../support/fake_exchange.ts";

/** Runs one exchange; what the pipeline told about it. */
async function run(handler: Handler, method = "GET") {
  const exchange = new FakeExchange({ method, target: "/v2/" });
  const ends: Outcome[] = [];
  const faults: unknown[] = [];
  const pipeline = createPipeline(handler, {
    clock: { now: () => 1_800_000_000_000 },
    onEnd: (_exchange, outcome) => ends.push(outcome),
    onFault: (_exchange, error) => faults.push(error),
  });
  await pipeline(exchange);
  assertEquals(ends.length, 1);
  return { exchange, outcome: ends[0] as Outcome, faults };
}

function throwing(error: unknown): Handler {
  return () => Promise.reject(error);
}

Deno.test("an exchange that was answered ends with its status and time", async () => {
  const { outcome, faults } = await run((x) => x.reply(202, {}));
  assertEquals([outcome.status, outcome.startedAt, outcome.error], [
    202,
    1_800_000_000_000,
    undefined,
  ]);
  assert(outcome.durationMs >= 0);
  assertEquals(faults, []);
});

Deno.test("a RegistryError becomes its JSON, with its status and headers", async () => {
  const error = new RegistryError("MANIFEST_UNKNOWN", {
    detail: "unknown tag=x",
    headers: { "Retry-After": "5" },
  });
  const { exchange, outcome, faults } = await run(throwing(error));
  assertEquals(
    exchange.text,
    '{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown","detail":"unknown tag=x"}]}\n',
  );
  assertEquals(
    [exchange.status, exchange.got("content-type"), exchange.got("retry-after")],
    [404, "application/json", "5"],
  );
  assertEquals([outcome.status, outcome.error, faults], [404, error, []]);
  assertEquals(exchange.notes, {
    "err.code": "MANIFEST_UNKNOWN",
    "err.message": "manifest unknown",
    "err.detail": "unknown tag=x",
  });
});

Deno.test("an error to a HEAD has the length of the GET's", async () => {
  const error = new RegistryError("BLOB_UNKNOWN", { detail: { digest: "sha256:é" } });
  const get = await run(throwing(error));
  const head = await run(throwing(error), "HEAD");
  assertEquals(head.exchange.got("content-length"), get.exchange.got("content-length"));
  assertEquals(head.exchange.text, "");
});

Deno.test("anything else is a 500 that names the request, and tells nothing of what it was", async () => {
  for (const error of [new TypeError("secret"), "secret", new PathNotFoundError("d", "/secret")]) {
    const { exchange, outcome, faults } = await run(throwing(error));
    assertEquals([exchange.status, outcome.status, faults], [500, 500, [error]]);
    assertMatch(exchange.text, /"code":"UNKNOWN".*00000000-0000-4000-8000-000000000000/);
    assert(!exchange.text.includes("secret"));
  }
});

Deno.test("a full disk's answer is true of uploads that can be resumed, too", async () => {
  const error = new StorageError("filesystem", "write", "/secret", "ENOSPC", undefined);
  const { exchange } = await run(throwing(error));
  assertEquals(
    JSON.parse(exchange.text).errors[0].detail,
    "Cannot store this: the registry's disk is full. Free some space and try again; what an upload has already received is kept",
  );
});

Deno.test("a store that cannot go on is told apart by its code", async () => {
  const rows = [
    ["ENOSPC", 507, "UNAVAILABLE"],
    ["EDQUOT", 507, "UNAVAILABLE"],
    ["EMFILE", 503, "UNAVAILABLE"],
    ["ENFILE", 503, "UNAVAILABLE"],
    ["EROFS", 500, "UNKNOWN"],
    ["EACCES", 500, "UNKNOWN"],
    ["EIO", 500, "UNKNOWN"],
    [undefined, 500, "UNKNOWN"],
  ] as const;
  for (const [code, status, name] of rows) {
    const error = new StorageError("filesystem", "write", "/secret", code, undefined);
    const { exchange, faults } = await run(throwing(error));
    assertEquals([exchange.status, JSON.parse(exchange.text).errors[0].code], [status, name]);
    assertEquals(faults, [error]);
    assert(!exchange.text.includes("/secret"));
  }
});

Deno.test("a client that has gone is not answered, and is no fault", async () => {
  const { exchange, outcome, faults } = await run(throwing(new ClientGoneError("gone")));
  assertEquals([exchange.replied, exchange.destroyed], [false, true]);
  assertEquals([outcome.status, faults], [499, []]);
});

Deno.test("a client that stalls is told so", async () => {
  const { exchange, faults } = await run(throwing(new StalledError("stopped sending")));
  assertEquals([exchange.status, faults], [408, []]);
  assertMatch(exchange.text, /request timeout.*stopped sending/);
});

Deno.test("an error after the answer has begun cuts the connection", async () => {
  for (const error of [new Error("late"), new RegistryError("BLOB_UNKNOWN")]) {
    const { exchange, outcome } = await run(async (x) => {
      await x.reply(200, {}, "half of it");
      throw error;
    });
    assertEquals([exchange.text, exchange.destroyed], ["half of it", true]);
    assertEquals([outcome.status, outcome.error], [200, error]);
  }
});

Deno.test("a handler that does not reply is a fault, and the client is told", async () => {
  const { exchange, faults } = await run(() => Promise.resolve());
  assertEquals([exchange.status, faults.length], [500, 1]);
});

Deno.test("what lay behind a RegistryError of status 500 and up is reported", async () => {
  const cause = new Error("upstream");
  const { faults } = await run(throwing(new RegistryError("UNAVAILABLE", { cause })));
  assertEquals(faults, [cause]);
  const refused = await run(throwing(new RegistryError("MANIFEST_INVALID", { cause })));
  assertEquals(refused.faults, []);
});

Deno.test("an error whose answer cannot be sent cuts the connection", async () => {
  const detail: Record<string, unknown> = {};
  detail["self"] = detail;
  const { exchange, outcome, faults } = await run(
    throwing(new RegistryError("BLOB_UNKNOWN", { detail })),
  );
  assertEquals([exchange.destroyed, outcome.status, faults.length], [true, 499, 1]);
});
