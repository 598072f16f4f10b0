import type { Bench, Budget, Measure } from "./bench.ts";
import type { Contestant, Server, StartOptions } from "./contestant.ts";
import type { Resources } from "./resources.ts";
import type { Peak, Result } from "./table.ts";

/** A contestant that is ready for its rounds. */
interface Entrant {
  readonly name: string;
  readonly server: Server;
  readonly measure: Measure;
  readonly figures: (readonly number[])[];
}

/**
 * Runs one bench: starts every contestant on a storage of its own, then lets them take turns (A B A B), so that what else happens on
 * the machine hits all. A contestant that fails is reported and left out of this bench.
 */
export async function runBench(
  bench: Bench,
  contestants: readonly Contestant[],
  budget: Budget,
  resources: Resources,
): Promise<{ results: Result[]; peak: Peak | undefined }> {
  await using stack = new AsyncDisposableStack();
  const driver = bench.driver ?? "filesystem";
  let entrants: Entrant[] = [];
  for (const contestant of contestants) {
    if (!contestant.drivers.includes(driver)) continue;
    if (bench.largeTree === true && !contestant.readsTree) continue;
    await orReport(contestant.name, bench, async () => {
      const root = bench.largeTree === true ? resources.largeTree() : undefined;
      const setup = await bench.setup?.(resources) ?? {};
      const startAnother = async (options: StartOptions = {}) =>
        stack.use(await contestant.start(options));
      const server = await startAnother({ driver, root, setup });
      const measure = await bench.prepare({ contestant, server, budget, resources, startAnother });
      entrants.push({ name: contestant.name, server, measure, figures: [] });
    });
  }
  for (let round = 0; round < (bench.once === true ? 1 : budget.rounds); round++) {
    for (const entrant of [...entrants]) {
      const { name, figures, measure } = entrant;
      const done = await orReport(name, bench, async () => figures.push(await measure()));
      if (!done) entrants = entrants.filter((other) => other !== entrant);
    }
  }
  const peaks = entrants.map(({ name, server }): [string, number] => [name, server.peak()]);
  return {
    results: resultsOf(bench, entrants),
    peak: bench.ownServers === true ? undefined : { ids: idsOf(bench), bytes: new Map(peaks) },
  };
}

/** The numbers of the goals that a bench measures: "P4, P5". */
export function idsOf(bench: Bench): string {
  return [...new Set(bench.rows.map(({ id }) => id))].join(", ");
}

function resultsOf(bench: Bench, entrants: readonly Entrant[]): Result[] {
  return bench.rows.map((row, index) => {
    const figures = entrants.map(({ name, figures }): [string, number[]] => [
      name,
      figures.map((round) => round[index] ?? NaN),
    ]);
    return { row, figures: new Map(figures) };
  });
}

async function orReport(
  name: string,
  bench: Bench,
  action: () => Promise<unknown>,
): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    console.error(`${name} is left out of ${idsOf(bench)}: ${message.slice(0, 1_000)}`);
    return false;
  }
}
