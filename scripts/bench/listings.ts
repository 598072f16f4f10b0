import type { Bench, BenchContext, Row } from "./bench.ts";
import { Connection } from "./connection.ts";
import { median, timed } from "./load.ts";

/** Requests at most per round; slow peers are stopped by time. */
const REQUESTS = 50;

function row(id: string, work: string, absolute: number): Row {
  return { id, work, unit: "ms", better: "less", goal: { absolute } };
}

/** Median time of a request, one after the other, in milliseconds. */
async function latency({ server, budget }: BenchContext, target: string): Promise<number> {
  using connection = new Connection(server);
  const end = performance.now() + budget.seconds * 1_000;
  const durations: number[] = [];
  while (durations.length < REQUESTS && (performance.now() < end || durations.length === 0)) {
    durations.push(await timed(() => connection.exchange(200, "GET", target)));
  }
  return median(durations);
}

const tags: Bench = {
  largeTree: true,
  rows: [
    row("P16", "tags/list of 2,000 tags", 1.5),
    row("P16", "page of 1,000 in the middle of 100,000 tags", 5),
  ],
  prepare: (context) =>
    Promise.resolve(async () => [
      await latency(context, "/v2/tags/some/tags/list"),
      await latency(context, "/v2/tags/many/tags/list?n=1000&last=t050000"),
    ]),
};

const catalog: Bench = {
  largeTree: true,
  rows: [
    row("P17", "first page of 100 of 10,000 repositories", 3),
    row("P17", "page of 100 in the middle", 3),
    row("P17", "last page of 100", 3),
  ],
  prepare: (context) =>
    Promise.resolve(async () => [
      await latency(context, "/v2/_catalog?n=100"),
      await latency(context, "/v2/_catalog?n=100&last=g50%2Fr00"),
      await latency(context, "/v2/_catalog?n=100&last=g99%2Fr00"),
    ]),
};

export const listings: readonly Bench[] = [tags, catalog];
