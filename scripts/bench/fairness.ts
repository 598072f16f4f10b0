import type { BackgroundLoad } from "./background_load.ts";
import type { Bench, Row } from "./bench.ts";
import { Connection } from "./connection.ts";
import { pushBlob } from "./content.ts";
import { quantile, timed } from "./load.ts";

const REPOSITORY = "bench/fair";

function row(work: string): Row {
  return { id: "P20", work, unit: "ms", better: "less", goal: { absolute: 10 } };
}

/** p99 of GET /v2/ over one connection, a request per millisecond at most, in milliseconds. */
async function probe(port: number, seconds: number): Promise<number> {
  using connection = new Connection(port);
  const end = performance.now() + seconds * 1_000;
  const durations: number[] = [];
  while (performance.now() < end) {
    durations.push(await timed(() => connection.exchange(200, "GET", "/v2/")));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return quantile(durations.sort((a, b) => a - b), 0.99);
}

/** Runs `during` while a worker of ours loads the server. @throws when the worker fails before the end */
async function whileLoaded<T>(load: BackgroundLoad, during: () => Promise<T>): Promise<T> {
  const worker = new Worker(new URL("./background_load.ts", import.meta.url), { type: "module" });
  const failure = Promise.withResolvers<never>();
  worker.onerror = (event) => {
    event.preventDefault();
    failure.reject(new Error(event.message));
  };
  try {
    const running = new Promise<void>((resolve) => worker.onmessage = () => resolve());
    worker.postMessage(load);
    await Promise.race([running, failure.promise]);
    return await Promise.race([during(), failure.promise]);
  } finally {
    worker.terminate();
  }
}

const fairness: Bench = {
  rows: [
    row("p99 of GET /v2/ while a large blob goes up"),
    row("p99 of GET /v2/ while a large blob goes down"),
  ],
  prepare: async ({ server, budget, resources }) => {
    const body = resources.bodies(budget.large).next();
    using connection = new Connection(server.port);
    await pushBlob(connection, REPOSITORY, body);
    const load = { port: server.port, repository: REPOSITORY, size: budget.large };
    const p99 = () => probe(server.port, budget.seconds);
    return async () => [
      await whileLoaded(load, p99),
      await whileLoaded({ ...load, download: body.digest }, p99),
    ];
  },
};

export const fairnessBenches: readonly Bench[] = [fairness];
