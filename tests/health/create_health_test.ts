import { assertEquals } from "@std/assert";
import { type Checks, createHealth } from "../../src/health/create_health.ts";
import type { Probes } from "../../src/health/probes.ts";
import { RecordedLog } from "../support/recorded_log.ts";
import { ManualTimers } from "./manual_timers.ts";

const PERIOD = { interval: 10_000, threshold: 0 };
const NONE: Checks = { storagedriver: { enabled: false, ...PERIOD }, file: [], http: [], tcp: [] };

function watching(checks: Partial<Checks>, fails: Readonly<Record<string, string>> = {}) {
  const timers = new ManualTimers();
  const logger = new RecordedLog();
  const state = { fails };
  const outcome = (of: string) =>
    state.fails[of] === undefined ? Promise.resolve() : Promise.reject(new Error(state.fails[of]));
  const probes: Probes = {
    absent: outcome,
    isFile: () => Promise.resolve(false),
    head: ({ uri }) => outcome(uri),
    connect: outcome,
  };
  const health = createHealth({ ...NONE, ...checks }, {
    storage: "filesystem",
    checkStorage: () => outcome("storage"),
    probes,
    logger,
    timers,
  });
  return { health, timers, logger, state };
}

Deno.test("without a check the server is healthy, and no timer runs", () => {
  const { health, timers } = watching({});
  assertEquals([health.isHealthy, health.failures(), timers.running.every], [true, {}, []]);
});

Deno.test("failing checks are told by distribution's names, in order, until they pass", async () => {
  const { health, timers, state } = watching({
    storagedriver: { enabled: true, ...PERIOD },
    file: [{ file: "/z", ...PERIOD }, { file: "/a", ...PERIOD }],
    http: [{ uri: "http://h/x", headers: {}, statuscode: 200, timeout: 1, ...PERIOD }],
    tcp: [{ addr: "h:1", timeout: 1, ...PERIOD }],
  }, { storage: "s", "/z": "z", "/a": "a", "http://h/x": "x", "h:1": "t" });
  assertEquals(health.isHealthy, true);
  await timers.tick();
  assertEquals(
    JSON.stringify(health.failures()),
    '{"/a":"a","/z":"z","h:1":"t","http://h/x":"x","storagedriver_filesystem":"s"}',
  );
  assertEquals(health.isHealthy, false);
  state.fails = { "/z": "z" };
  await timers.tick();
  assertEquals([health.isHealthy, health.failures()], [false, { "/z": "z" }]);
  state.fails = {};
  await timers.tick();
  assertEquals([health.isHealthy, health.failures()], [true, {}]);
  health.close();
});

Deno.test("checks of one URL with several queries are told apart, and no query is told", async () => {
  const uris = ["http://h/x?token=CANARY1", "http://h/x?token=CANARY2"];
  const { health, timers, state, logger } = watching({
    http: uris.map((uri) => ({ uri, headers: {}, statuscode: 200, timeout: 1, ...PERIOD })),
  }, { "http://h/x?token=CANARY1": "a", "http://h/x?token=CANARY2": "b" });
  await timers.tick();
  assertEquals(health.failures(), { "http://h/x": "a", "http://h/x (2)": "b" });
  state.fails = { "http://h/x?token=CANARY2": "b" };
  await timers.tick();
  assertEquals(health.failures(), { "http://h/x (2)": "b" });
  assertEquals(logger.lines.filter((line) => line.includes("CANARY")), []);
  health.close();
});

Deno.test("each check has its own interval and limit", async () => {
  const { health, timers } = watching({
    http: [{
      uri: "http://h",
      headers: {},
      statuscode: 200,
      timeout: 7,
      interval: 70,
      threshold: 1,
    }],
    tcp: [{ addr: "h:1", timeout: 8, interval: 80, threshold: 1 }],
  });
  assertEquals(timers.running.every, [70, 80]);
  const passed = timers.tick();
  assertEquals(timers.running.after, [7, 8]);
  await passed;
  health.close();
});

Deno.test("a password in a URL is in no name, text or line", async () => {
  const uri = "http://user:hunter2@h/x";
  const { health, timers, logger } = watching({
    http: [{ uri, headers: {}, statuscode: 200, timeout: 1, ...PERIOD }],
  }, { [uri]: "down" });
  await timers.tick();
  assertEquals(health.failures(), { "http://h/x": "down" });
  assertEquals(JSON.stringify(logger.lines).includes("hunter2"), false);
  health.close();
});

Deno.test("a change is logged once", async () => {
  const { health, timers, logger, state } = watching(
    { tcp: [{ addr: "h:1", timeout: 1, ...PERIOD }] },
    { "h:1": "down" },
  );
  await timers.tick();
  await timers.tick();
  state.fails = {};
  await timers.tick();
  await timers.tick();
  assertEquals(logger.lines, [
    "error health check failed: h:1: down {}",
    "info health check passes again: h:1 {}",
  ]);
  health.close();
});

Deno.test("the operator's switch and a stop are failures like others, each with its own end", () => {
  const { health } = watching({});
  health.setDown("Manual Check");
  health.setDown("the server is stopping", "shutdown");
  assertEquals(health.failures(), {
    manual_http_status: "Manual Check",
    shutdown: "the server is stopping",
  });
  health.setUp();
  assertEquals([health.isHealthy, Object.keys(health.failures())], [false, ["shutdown"]]);
  health.setUp("shutdown");
  assertEquals(health.isHealthy, true);
  health.setUp();
  assertEquals(health.isHealthy, true);
});

Deno.test("a check named like a property of every object is told like any other", async () => {
  const { health, timers } = watching({ file: [{ file: "__proto__", ...PERIOD }] }, {
    ["__proto__" as string]: "x",
  });
  await timers.tick();
  assertEquals(health.isHealthy, false);
  health.close();
});
