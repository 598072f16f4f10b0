import { assertEquals, assertStringIncludes } from "@std/assert";
import { run } from "../../src/cli/run.ts";
import { type FakeOptions, FakeSystem } from "./fake_system.ts";

const CONFIG = "version: 0.1\nstorage: inmemory\nhttp: {addr: '127.0.0.1:5001'}\n";
const MANAGED = { NOTIFY_SOCKET: "/n" };

async function serving(options: FakeOptions = {}) {
  const system = new FakeSystem({ ...options, files: { "c.yml": CONFIG } });
  const status = run(["serve", "c.yml"], system);
  await system.running;
  const end = async () => {
    system.signal("SIGTERM");
    return await status;
  };
  return { system, status, end };
}

/** What systemd was told, first lines only. */
function told(system: FakeSystem): string[] {
  return system.sent.map(([, message]) => message.split("\n")[0] ?? "");
}

Deno.test("SIGHUP reads files again, and never ends the server", async () => {
  const { system, end } = await serving({ environment: MANAGED });
  system.control("SIGHUP");
  await turn();
  assertEquals([system.reloads, system.stops], [1, []]);
  assertStringIncludes(system.stderr, "SIGHUP: reading certificates, users and keys again\n");
  assertEquals(await end(), 0);
  assertEquals(told(system), ["READY=1", "RELOADING=1", "READY=1", "STOPPING=1"]);
});

Deno.test("a reload that fails is told, and the server goes on", async () => {
  const { system, end } = await serving({
    environment: MANAGED,
    reload: () => Promise.reject(new Error("no key")),
  });
  system.control("SIGHUP");
  await turn();
  assertStringIncludes(system.stderr, "error: Cannot read files again: no key\n");
  assertEquals(told(system), ["READY=1", "RELOADING=1", "READY=1"]);
  assertEquals(await end(), 0);
});

Deno.test("signals that come during a reload make one more, after it", async () => {
  const first = Promise.withResolvers<void>();
  let reloads = 0;
  const { system, end } = await serving({
    reload: () => ++reloads === 1 ? first.promise : Promise.resolve(),
  });
  for (let times = 0; times < 5; times++) system.control("SIGHUP");
  await turn();
  assertEquals(system.reloads, 1);
  first.resolve();
  await turn();
  assertEquals(system.reloads, 2);
  await end();
});

Deno.test("SIGUSR1 turns read-only mode on and off", async () => {
  const { system, end } = await serving();
  system.control("SIGUSR1");
  assertEquals(system.isReadOnly, true);
  assertStringIncludes(system.stderr, "SIGUSR1: read-only mode is on\n");
  system.control("SIGUSR1");
  assertEquals(system.isReadOnly, false);
  assertStringIncludes(system.stderr, "SIGUSR1: read-only mode is off\n");
  await end();
});

Deno.test("while it starts and while it stops, SIGHUP and SIGUSR1 do nothing", async () => {
  const stopping = Promise.withResolvers<boolean>();
  const reload = Promise.withResolvers<void>();
  const system = new FakeSystem({
    environment: MANAGED,
    files: { "c.yml": CONFIG },
    stop: () => stopping.promise,
    reload: () => reload.promise,
  });
  const status = run(["serve", "c.yml"], system);
  while (!system.isListening) await Promise.resolve();
  system.control("SIGHUP");
  assertStringIncludes(system.stderr, "SIGHUP has no effect: still starting\n");
  await system.running;
  system.control("SIGHUP"); // still going on when it stops
  system.signal("SIGTERM");
  system.control("SIGHUP");
  system.control("SIGUSR1");
  reload.resolve();
  await turn();
  stopping.resolve(true);
  assertEquals(await status, 0);
  assertEquals([system.reloads, system.isReadOnly, system.isListening], [1, false, false]);
  assertEquals(told(system), ["READY=1", "RELOADING=1", "STOPPING=1"]);
});

Deno.test("systemd is told nothing of a server that could not start", async () => {
  const system = new FakeSystem({
    environment: MANAGED,
    files: { "c.yml": CONFIG },
    startError: new Error("no"),
  });
  assertEquals(await run(["serve", "c.yml"], system), 1);
  assertEquals([system.sent, system.isListening], [[], false]);
});

Deno.test("the watchdog is told only while the server answers", async () => {
  const answers: Record<string, { status: number; text: string } | Error> = {};
  const { system, end } = await serving({
    environment: { ...MANAGED, WATCHDOG_USEC: "2000" },
    answers,
  });
  while (!system.stderr.includes("does not answer")) await turn();
  const before = system.probed.length;
  while (system.probed.length < before + 3) await turn();
  assertEquals(told(system), ["READY=1"]);
  assertEquals(system.stderr.split("does not answer").length, 2); // told once
  answers["http://127.0.0.1:5001/"] = { status: 503, text: "unhealthy, but alive" };
  while (!told(system).includes("WATCHDOG=1")) await turn();
  await end();
});

Deno.test("a server that is full lives: the watchdog is told", async () => {
  const url = "http://127.0.0.1:5001/";
  const full = Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
  const { system, end } = await serving({
    environment: { ...MANAGED, WATCHDOG_USEC: "2000" },
    answers: { [url]: full },
  });
  while (!told(system).includes("WATCHDOG=1")) await turn();
  await end();
});

Deno.test("a socket that systemd has opened goes to the app, several are refused", async () => {
  const environment = { LISTEN_PID: "42", LISTEN_FDS: "1" };
  const { system, end } = await serving({ environment });
  assertEquals(system.deps?.inherited, { fd: 3 });
  await end();
  const refused = new FakeSystem({
    environment: { ...environment, LISTEN_FDS: "2" },
    files: { "c.yml": CONFIG },
  });
  assertEquals(await run(["serve", "c.yml"], refused), 1);
  assertEquals(refused.started, undefined);
  assertStringIncludes(refused.stderr, "Cannot use the 2 sockets that systemd has handed over");
});

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}
