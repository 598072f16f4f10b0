import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { TempFolder } from "../support/temp_folder.ts";

const CHILD = fromFileUrl(new URL("listening_child.ts", import.meta.url));
const FILES = 80;
const BURST = 150;
/** Until it answers again, in all. */
const LIMIT_MS = 20_000;
const REQUEST = new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

type Place = { transport: "tcp"; hostname: string; port: number } | {
  transport: "unix";
  path: string;
};

/** A server that may open 80 files. */
class Starved implements AsyncDisposable {
  output = "";
  readonly #reading: Promise<void>;

  private constructor(private readonly process: Deno.ChildProcess) {
    this.#reading = this.#read();
  }

  static async start(...args: string[]): Promise<Starved> {
    const deno = [Deno.execPath(), "run", "-A", CHILD, ...args].map((part) => `'${part}'`);
    const command = new Deno.Command("bash", {
      args: ["-c", `ulimit -n ${FILES}; exec ${deno.join(" ")}`],
      env: { DENO_NO_UPDATE_CHECK: "1" },
      stdin: "piped",
      stdout: "piped",
    });
    const server = new Starved(command.spawn());
    await server.until(() => server.output.includes("\n"));
    return server;
  }

  /** What it said first. */
  get place(): string {
    return this.output.split("\n")[0] ?? "";
  }

  /** Looks until it holds. @throws when it does not in time */
  async until(holds: () => boolean | Promise<boolean>): Promise<void> {
    const deadline = performance.now() + LIMIT_MS;
    while (!await holds()) {
      assert(performance.now() < deadline, `Not in time. It said: ${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async #read(): Promise<void> {
    for await (const text of this.process.stdout.pipeThrough(new TextDecoderStream())) {
      this.output += text;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process.stdin.close();
    await this.process.status;
    await this.#reading;
  }
}

function open(place: Place): Promise<Deno.Conn> {
  return place.transport === "tcp" ? Deno.connect(place) : Deno.connect(place);
}

/** More connections at once than it has files for, all closed again. */
async function burst(place: Place): Promise<void> {
  const opened = await Promise.allSettled(Array.from({ length: BURST }, () => open(place)));
  const connections = opened.flatMap((one) => one.status === "fulfilled" ? [one.value] : []);
  assert(connections.length > FILES);
  await Promise.allSettled(connections.map((connection) => connection.write(REQUEST)));
  await Promise.allSettled(connections.slice(0, FILES / 2).map((connection) => answer(connection)));
  for (const connection of connections) close(connection);
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // answer() was first
  }
}

/** What comes first, or nothing within a second. */
async function answer(connection: Deno.Conn): Promise<string> {
  const buffer = new Uint8Array(256);
  const timer = setTimeout(() => close(connection), 1000);
  try {
    return new TextDecoder().decode(buffer.subarray(0, await connection.read(buffer) ?? 0));
  } catch {
    return "";
  } finally {
    clearTimeout(timer);
  }
}

async function isAnswered(place: Place): Promise<boolean> {
  try {
    const connection = await open(place);
    await connection.write(REQUEST);
    const text = await answer(connection);
    close(connection);
    return text.startsWith("HTTP/1.1 200 ");
  } catch {
    return false;
  }
}

const AGAIN = /No connections were accepted any more, .*Raise their limit \(ulimit -n\)/;

Deno.test("a server that ran out of files for connections listens again, on the same port, and says so", async () => {
  await using server = await Starved.start("0");
  const place: Place = { transport: "tcp", hostname: "127.0.0.1", port: Number(server.place) };
  const before = await open(place);
  for (let times = 1; times <= 2; times++) {
    await burst(place);
    await server.until(() => isAnswered(place));
  }
  await server.until(() => AGAIN.test(server.output));
  await before.write(REQUEST);
  assertMatch(await answer(before), /^HTTP\/1\.1 200 /, "an idle connection goes on");
  close(before);
});

Deno.test("it does so on a unix socket", async () => {
  await using folder = await TempFolder.make();
  const path = folder.at("socket");
  await using server = await Starved.start(path);
  const place: Place = { transport: "unix", path };
  await burst(place);
  await server.until(() => isAnswered(place));
  await server.until(() => AGAIN.test(server.output));
});

Deno.test("by default it turns connections away before, and tells so once", async () => {
  await using server = await Starved.start("0", "limited");
  const place: Place = { transport: "tcp", hostname: "127.0.0.1", port: Number(server.place) };
  for (let times = 1; times <= 3; times++) {
    await burst(place);
    await server.until(() => isAnswered(place));
  }
  assertMatch(server.output, /Cannot take more connections: \d+ are open\. .*ulimit -n/);
  assertEquals(server.output.trimEnd().split("\n").length, 2);
});
