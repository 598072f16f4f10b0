import type { Bench, Row } from "./bench.ts";
import { Connection, type Endpoint } from "./connection.ts";
import type { Server } from "./contestant.ts";
import { wrk } from "./http_tools.ts";
import { load, timed } from "./load.ts";
import { probe } from "./probe.ts";
import { onlyUsers } from "./setup.ts";
import { authorization, type Cost, COSTS } from "./users.ts";

const CONNECTIONS = 16;
/** Milliseconds of one request from which on a server is too slow for wrk, which drops what is under way at its end. */
const SLOW = 10;
/** Milliseconds between two credentials that nobody knows: 50 a second. */
const FLOOD_INTERVAL = 20;

const repeated: Bench = {
  rows: COSTS.map((cost): Row => ({
    id: "P18",
    work: `GET /v2/ with htpasswd of cost ${cost}, same credentials, ${CONNECTIONS} connections`,
    unit: "req/s",
    better: "more",
    goal: { absolute: 15_000 },
  })),
  setup: onlyUsers,
  prepare: ({ server, budget }) =>
    Promise.resolve(async () => {
      const figures: number[] = [];
      for (const cost of COSTS) figures.push(await perSecond(server, cost, budget.seconds));
      return figures;
    }),
};

async function perSecond(server: Server, cost: Cost, seconds: number): Promise<number> {
  const header = authorization(cost);
  const ask = (connection: Connection) => connection.exchange(200, "GET", "/v2/", `${header}\r\n`);
  using connection = new Connection(server);
  const durations: number[] = [];
  for (let i = 0; i < 3; i++) durations.push(await timed(() => ask(connection)));
  if (Math.min(...durations) > SLOW) {
    return (await load(server, CONNECTIONS, seconds, ask)).perSecond;
  }
  const options = { connections: CONNECTIONS, headers: [header] };
  return (await wrk(`${server.url}/v2/`, seconds, options)).requestsPerSecond;
}

const flood: Bench = {
  rows: [
    {
      id: "P18",
      work: "first request with credentials of cost 12",
      unit: "ms",
      better: "less",
      goal: {},
    },
    {
      id: "P18",
      work: "p99 of GET /v2/ with known credentials, idle",
      unit: "ms",
      better: "less",
      goal: {},
    },
    {
      id: "P18",
      work: "how much longer it is while 50 unknown credentials a second arrive, cost 12",
      unit: "ms",
      better: "less",
      goal: { absolute: 5 },
    },
  ],
  setup: onlyUsers,
  // what the flood costs a peer goes on for long after it: a server ends with its round
  ownServers: true,
  prepare: ({ contestant, budget, resources }) =>
    Promise.resolve(async () => {
      await using server = await contestant.start({ setup: await onlyUsers(resources) });
      using connection = new Connection(server);
      const ask = (cost: Cost) =>
        connection.exchange(200, "GET", "/v2/", `${authorization(cost)}\r\n`);
      await ask(5);
      const first = await timed(() => ask(12));
      const p99 = (seconds: number) => probe(server, seconds, `${authorization(5)}\r\n`);
      await p99(budget.seconds / 4);
      const idle = await p99(budget.seconds / 2);
      return [first, idle, await whileFlooded(server, () => p99(budget.seconds)) - idle];
    }),
};

/** Runs `during` while wrong passwords arrive, each over a connection of its own; those under way end with the server. */
async function whileFlooded<T>(endpoint: Endpoint, during: () => Promise<T>): Promise<T> {
  let count = 0;
  let admitted = false;
  const timer = setInterval(() => {
    guess(endpoint, `wrong-${count++}`).then((status) => admitted ||= status === 200, () => {});
  }, FLOOD_INTERVAL);
  try {
    const result = await during();
    if (admitted) throw new Error("Cannot measure: a wrong password was taken for the right one");
    return result;
  } finally {
    clearInterval(timer);
  }
}

async function guess(endpoint: Endpoint, password: string): Promise<number> {
  using connection = new Connection(endpoint, 16 * 1_024);
  await connection.send(
    `GET /v2/ HTTP/1.1\r\nHost: a\r\n${authorization(12, password)}\r\n\r\n`,
  );
  return (await connection.answer()).status;
}

export const credentialBenches: readonly Bench[] = [repeated, flood];
