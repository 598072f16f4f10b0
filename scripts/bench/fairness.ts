import type { BackgroundLoad } from "./background_load.ts";
import type { Bench, BenchContext, Measure, Row } from "./bench.ts";
import { Connection } from "./connection.ts";
import { pushBlob } from "./content.ts";
import { probe } from "./probe.ts";
import { overTls } from "./setup.ts";

const REPOSITORY = "bench/fair";

function row(work: string): Row {
  return { id: "P20", work, unit: "ms", better: "less", goal: { absolute: 10 } };
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

async function prepare({ server, budget, resources }: BenchContext): Promise<Measure> {
  const body = resources.bodies(budget.large).next();
  using connection = new Connection(server);
  await pushBlob(connection, REPOSITORY, body);
  const endpoint = { port: server.port, authority: server.authority };
  const load = { endpoint, repository: REPOSITORY, size: budget.large };
  const p99 = () => probe(server, budget.seconds);
  return async () => [
    await whileLoaded(load, p99),
    await whileLoaded({ ...load, download: body.digest }, p99),
  ];
}

const plain: Bench = {
  rows: [
    row("p99 of GET /v2/ while a large blob goes up"),
    row("p99 of GET /v2/ while a large blob goes down"),
  ],
  prepare,
};

const tls: Bench = {
  rows: [
    row("p99 of GET /v2/ over TLS while a large blob goes up over TLS"),
    row("p99 of GET /v2/ over TLS while a large blob goes down over TLS"),
  ],
  setup: overTls,
  prepare,
};

export const fairnessBenches: readonly Bench[] = [plain, tls];
