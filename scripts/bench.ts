/**
 * Measures berth against every installed peer in one run and prints a table in Markdown: docker-registry (2.8), registry (3) and zot
 * from PATH or from where `go install` puts them. Needs wrk, ab and htpasswd (apache2-utils), curl, openssl and skopeo.
 *
 * deno task bench                    everything, about ten minutes
 * deno task bench --quick            shorter and smaller, about two minutes: to see that it works, not to quote
 * deno task bench --only P1,P9       some of it
 * deno task bench --seconds 5        per measurement
 * BERTH_TEST_COMMAND="dist/berth serve" deno task bench     the compiled form instead of the source
 */
import { parseArgs } from "@std/cli/parse-args";
import type { Bench, Budget } from "./bench/bench.ts";
import { cacheBenches } from "./bench/cache.ts";
import { contestants } from "./bench/contestant.ts";
import { credentialBenches } from "./bench/credentials.ts";
import { fairnessBenches } from "./bench/fairness.ts";
import { footprints } from "./bench/footprint.ts";
import { idleConnectionBenches, mostConnections } from "./bench/idle_connections.ts";
import { imageBenches } from "./bench/images.ts";
import { largeBlobs } from "./bench/large_blobs.ts";
import { listings } from "./bench/listings.ts";
import { metricsBenches } from "./bench/metrics.ts";
import { Resources } from "./bench/resources.ts";
import { idsOf, runBench } from "./bench/runner.ts";
import { skopeoBenches } from "./bench/skopeo.ts";
import { smallRequests } from "./bench/small_requests.ts";
import { type Peak, peakTable, type Result, resultTable } from "./bench/table.ts";
import { tlsBenches } from "./bench/tls.ts";

const MIB = 1_024 * 1_024;

const args = parseArgs(Deno.args, { boolean: ["quick"], string: ["only", "seconds"] });
const quick = args.quick === true;
const seconds = Number(args.seconds ?? (quick ? 1 : 2));
if (!(seconds > 0)) throw new Error("Cannot measure: --seconds must be a positive number");
const budget: Budget = {
  seconds,
  rounds: quick ? 1 : 3,
  large: (quick ? 64 : 256) * MIB,
  connections: Math.min(quick ? 1_000 : 10_000, mostConnections()),
};
const only = typeof args.only === "string" ? args.only.toUpperCase().split(",") : undefined;

const benches: readonly Bench[] = [
  ...smallRequests,
  ...metricsBenches,
  ...largeBlobs,
  ...tlsBenches,
  ...imageBenches,
  ...skopeoBenches,
  ...listings,
  ...credentialBenches,
  ...fairnessBenches,
  ...cacheBenches,
  ...footprints,
  ...idleConnectionBenches,
].filter(({ rows }) => only === undefined || rows.some(({ id }) => only.includes(id)));

const taking = contestants();
const names = taking.map(({ name }) => name);
const results: Result[] = [];
const peaks: Peak[] = [];
await using resources = await Resources.make();
const start = performance.now();
for (const bench of benches) {
  console.error(`${Math.round((performance.now() - start) / 1_000)} s: ${idsOf(bench)}`);
  const { results: found, peak } = await runBench(bench, taking, budget, resources);
  results.push(...found);
  if (peak !== undefined) peaks.push(peak);
}

const number = (result: Result) => Number(result.row.id.slice(1));
results.sort((a, b) => number(a) - number(b));
console.log(
  `Deno ${Deno.version.deno}, ${navigator.hardwareConcurrency} cores, ${budget.rounds} rounds of ` +
    `${seconds} s, large blobs of ${budget.large / MIB} MiB, ` +
    `many idle connections are ${budget.connections}, loopback, plain HTTP unless said; medians.\n`,
);
console.log(resultTable(names, results));
console.log(`\n${peakTable(names, peaks)}`);

const [own = ""] = names;
const missing = results.filter(({ figures }) => (figures.get(own) ?? []).length === 0);
if (missing.length > 0) {
  console.error(`No figures of ${own} for ${missing.map(({ row }) => row.id).join(", ")}`);
  Deno.exitCode = 1;
}
