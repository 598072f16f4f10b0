import { assertEquals } from "@std/assert";
import { type CheckOptions, PeriodicCheck } from "../../src/health/periodic_check.ts";
import { ManualTimers } from "./manual_timers.ts";

function checking(options: Partial<CheckOptions> = {}) {
  const timers = new ManualTimers();
  const reports: (string | undefined)[] = [];
  const runs: PromiseWithResolvers<void>[] = [];
  const signals: AbortSignal[] = [];
  const check = new PeriodicCheck({
    interval: 10_000,
    threshold: 0,
    limit: 5_000,
    run: (signal) => {
      const run = Promise.withResolvers<void>();
      runs.push(run);
      signals.push(signal);
      return run.promise;
    },
    report: (failure) => reports.push(failure),
    ...options,
  }, timers);
  return { check, timers, reports, runs, signals };
}

/** Lets a check run once, with this outcome. */
async function once({ timers, runs }: ReturnType<typeof checking>, failure?: string) {
  await timers.tick();
  if (failure === undefined) runs.at(-1)?.resolve();
  else runs.at(-1)?.reject(new Error(failure));
  await new Promise((resolve) => setTimeout(resolve, 0));
}

Deno.test("a check is first run after one interval", async () => {
  const { check, timers, runs } = checking();
  assertEquals(timers.running.every, [10_000]);
  assertEquals(runs.length, 0);
  await timers.tick();
  assertEquals(runs.length, 1);
  check.close();
});

for (const threshold of [0, 1]) {
  Deno.test(`with a threshold of ${threshold} the first failure counts`, async () => {
    const checked = checking({ threshold });
    await once(checked, "broken");
    assertEquals(checked.reports, ["broken"]);
  });
}

Deno.test("with a threshold of 3 the third failure in a row counts, and one success heals", async () => {
  const checked = checking({ threshold: 3 });
  for (const failure of ["a", "b", undefined, "c", "d", "e", "f", undefined, "g"]) {
    await once(checked, failure);
  }
  assertEquals(checked.reports, [
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    "e",
    "f",
    undefined,
    undefined,
  ]);
});

Deno.test("no run begins while another is on", async () => {
  const { check, timers, runs, reports } = checking();
  await timers.tick();
  await timers.tick();
  assertEquals([runs.length, reports], [1, []]);
  check.close();
});

Deno.test("a check that hangs has failed, again at each interval, and is not run a second time", async () => {
  const { timers, runs, reports, signals } = checking({ threshold: 2 });
  await timers.tick();
  await timers.expire();
  assertEquals(reports, [undefined]);
  assertEquals(signals[0]?.aborted, true);
  await timers.tick();
  assertEquals(reports, [undefined, "no answer within 5s"]);
  assertEquals(runs.length, 1);
});

Deno.test("a check that hung is run again once it has ended, and heals by the next success only", async () => {
  const checked = checking();
  await checked.timers.tick();
  await checked.timers.expire();
  checked.runs[0]?.resolve();
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(checked.reports, ["no answer within 5s"]);
  await once(checked);
  assertEquals(checked.reports, ["no answer within 5s", undefined]);
  assertEquals(checked.timers.running.after, []);
});

Deno.test("a check that throws at once has failed", async () => {
  const { timers, reports } = checking({
    run: () => {
      throw new Error("thrown");
    },
  });
  await timers.tick();
  assertEquals(reports, ["thrown"]);
});

Deno.test("a closed check reports nothing, not even of the run that was on", async () => {
  const { check, timers, runs, reports, signals } = checking();
  await timers.tick();
  check.close();
  assertEquals(timers.running, { every: [], after: [] });
  assertEquals(signals[0]?.aborted, true);
  runs[0]?.reject(new Error("late"));
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(reports, []);
});
