import type { Bench } from "./bench.ts";
import { Connection, type Endpoint } from "./connection.ts";
import { currentMemory, openSockets } from "./memory.ts";
import { overTls } from "./setup.ts";

const MB = 1_000_000;
/** Handshakes that are under way at once. */
const OPENING = 16;
/** Milliseconds for the server to come to rest. */
const REST = 2_000;

/** Files that are no connections of clients: more than any contestant has. */
const OTHER_FILES = 1_000;

/** How many connections a server can hold here: berth takes as many as leave it a file to open for each. */
export function mostConnections(): number {
  const limits = Deno.readTextFileSync("/proc/self/limits");
  const files = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Infinity);
  return Math.floor((files - OTHER_FILES) / 2);
}

/** Opens connections that have had an answer each, and so are kept alive. */
async function openMany(endpoint: Endpoint, count: number, into: DisposableStack): Promise<void> {
  let opened = 0;
  await Promise.all(Array.from({ length: OPENING }, async () => {
    while (opened++ < count) {
      const connection = into.use(new Connection(endpoint, 4 * 1_024));
      await connection.exchange(200, "GET", "/v2/");
    }
  }));
}

function rest(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, REST));
}

const idle: Bench = {
  rows: [
    {
      id: "P22",
      work: "memory for many idle TLS connections",
      unit: "MB",
      better: "less",
      goal: {},
    },
    { id: "P22", work: "of it per connection", unit: "KB", better: "less", goal: {} },
  ],
  setup: overTls,
  once: true,
  ownServers: true,
  prepare: ({ contestant, budget: { connections }, resources }) =>
    Promise.resolve(async () => {
      using clients = new DisposableStack();
      // ends before its clients: each TLS connection of ours sleeps 3 ms where it is the first to close
      await using server = await contestant.start({ setup: await overTls(resources) });
      // what the first handshakes load is no cost of a connection
      await openMany(server, OPENING, clients);
      await rest();
      const before = currentMemory(server.pid);
      await openMany(server, connections, clients);
      await rest();
      const grown = currentMemory(server.pid) - before;
      const open = openSockets(server.pid);
      if (open < connections) {
        throw new Error(`Cannot measure: of ${connections} idle connections ${open} are open`);
      }
      return [grown / MB, grown / connections / 1_000];
    }),
};

export const idleConnectionBenches: readonly Bench[] = [idle];
