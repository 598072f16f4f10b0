import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { probe, targetOfApp, targetOfUrl } from "../../src/cli/probe.ts";
import { eventually } from "../support/ask.ts";
import { withSocket } from "../support/handed_socket.ts";
import { freePort, Process } from "../support/process.ts";
import { RegistryClient } from "../support/registry_client.ts";
import { berthCommand, startBerth } from "../support/server.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { toolTest } from "../support/tools.ts";

const CONFIG = "version: 0.1\nstorage: inmemory\n";

/** Receives what a service tells systemd. */
class Receiver implements AsyncDisposable {
  readonly messages: string[] = [];
  readonly #socket: Deno.DatagramConn;
  readonly #done: Promise<void>;

  constructor(path: string) {
    this.#socket = Deno.listenDatagram({ transport: "unixpacket", path });
    this.#done = this.#receive();
  }

  count(line: string): number {
    return this.messages.filter((message) => message.split("\n").includes(line)).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.#done;
  }

  async #receive(): Promise<void> {
    for await (const [bytes] of this.#socket) this.messages.push(new TextDecoder().decode(bytes));
  }
}

Deno.test("systemd hears of start, reload, life and stop, and SIGHUP never kills", async () => {
  await using folder = await TempFolder.make();
  await using receiver = new Receiver(folder.at("notify"));
  const environment = { NOTIFY_SOCKET: folder.at("notify"), WATCHDOG_USEC: "400000" };
  await using berth = await startBerth({ driver: "inmemory", env: environment });
  await eventually("READY", () => Promise.resolve(receiver.count("READY=1") === 1));
  assertEquals(receiver.count(`MAINPID=${berth.pid}`), 1);
  await eventually("WATCHDOG", () => Promise.resolve(receiver.count("WATCHDOG=1") >= 2));
  Deno.kill(berth.pid, "SIGHUP");
  await eventually("a second READY", () => Promise.resolve(receiver.count("READY=1") === 2));
  const order = receiver.messages.map((message) => message.split("\n")[0]);
  assertEquals(order.filter((line) => line !== "WATCHDOG=1"), [
    "READY=1",
    "RELOADING=1",
    "READY=1",
  ]);
  for (let times = 0; times < 50; times++) Deno.kill(berth.pid, "SIGHUP");
  assertEquals((await berth.stop()).code, 0);
  await eventually("STOPPING", () => Promise.resolve(receiver.count("STOPPING=1") === 1));
});

Deno.test("SIGUSR1 refuses pushes, and lets them in again", async () => {
  await using berth = await startBerth({ driver: "inmemory" });
  const client = new RegistryClient(berth.url);
  const post = async () => (await client.request("POST", "/v2/a/blobs/uploads/")).status;
  assertEquals(await post(), 202);
  for (const status of [405, 202, 405]) {
    Deno.kill(berth.pid, "SIGUSR1");
    await eventually(`${status}`, async () => await post() === status);
  }
  assertEquals((await client.request("GET", "/v2/")).status, 200);
  assertStringIncludes(berth.stderr, "SIGUSR1: read-only mode is on");
});

async function handed(
  place: string,
  test: (berth: Process) => Promise<void>,
  { announced = 1, http = "" } = {},
) {
  await using folder = await TempFolder.make();
  const config = folder.at("c.yml");
  await Deno.writeTextFile(config, CONFIG + http);
  const command = withSocket(place, [...berthCommand(), config], announced);
  await using berth = Process.start({ command });
  await test(berth);
}

toolTest({ tools: ["python3"] }, "berth serves on a TCP socket that it was handed", async () => {
  const port = freePort();
  await handed(`tcp:${port}`, async (berth) => {
    const target = targetOfUrl(`http://127.0.0.1:${port}/`);
    // from when the socket is there, whoever asks waits in its queue
    await berth.until(async () => (await probe(target, 20_000)).status === 200);
    await berth.until(() => Promise.resolve(berth.stderr.includes("serves memory only on")));
    assertStringIncludes(berth.stderr, `http://127.0.0.1:${port}`);
    assertEquals((await berth.end("SIGTERM")).code, 0);
    await assertRejects(() => probe(target, 20_000));
  });
});

toolTest(
  { tools: ["python3"] },
  "berth serves on a unix socket that it was handed, and leaves its file",
  async () => {
    await using folder = await TempFolder.make();
    const path = folder.at("s.sock");
    await handed(`unix:${path}`, async (berth) => {
      await berth.until(() => Promise.resolve(berth.stderr.includes(`memory only on ${path}`)));
      const { status } = await probe(targetOfApp({ address: path }, undefined), 20_000);
      assertEquals(status, 200);
      const mode = (await Deno.stat(path)).mode;
      assertEquals((await berth.end("SIGTERM")).code, 0);
      assertEquals((await Deno.stat(path)).mode, mode);
    }, { http: `http: {net: unix, addr: ${path}}\n` });
  },
);

toolTest(
  { tools: ["python3"] },
  "several sockets, or what is none, are refused in one sentence",
  async () => {
    await handed(`tcp:${freePort()}`, async (berth) => {
      assertEquals((await berth.exit()).code, 1);
      assertStringIncludes(berth.stderr, "Cannot use the 2 sockets");
    }, { announced: 2 });
    await handed("null", async (berth) => {
      assertEquals((await berth.exit()).code, 1);
      assertStringIncludes(berth.stderr, "error: Cannot listen on file descriptor 3");
      assertEquals(berth.stderr.trimEnd().split("\n").length, 1);
    });
  },
);
