import { assert, assertEquals } from "@std/assert";
import { CircuitBreaker } from "../../src/proxy/circuit_breaker.ts";

function make() {
  const clock = { time: 0, now: () => clock.time };
  const changes: boolean[] = [];
  const limits = { failures: 3, rest: 1_000, longestRest: 3_000 };
  const breaker = new CircuitBreaker(clock, limits, (open) => changes.push(open));
  const fail = () => breaker.enter()?.failed();
  return { clock, changes, breaker, fail };
}

Deno.test("a circuit breaker opens after so many failures in a row, and not for fewer", () => {
  const { breaker, changes, fail } = make();
  fail();
  fail();
  breaker.enter()?.succeeded();
  fail();
  fail();
  assert(!breaker.open);
  fail();
  assert(breaker.open);
  assertEquals(breaker.enter(), undefined);
  assertEquals(changes, [true]);
});

Deno.test("an open circuit breaker lets one try after its rest, which closes it", () => {
  const { breaker, clock, changes, fail } = make();
  for (let i = 0; i < 3; i++) fail();
  clock.time = 999;
  assertEquals(breaker.enter(), undefined);
  clock.time = 1_000;
  const trial = breaker.enter();
  assert(trial !== undefined);
  assertEquals(breaker.enter(), undefined); // one at a time
  trial.succeeded();
  assert(breaker.enter() !== undefined && breaker.enter() !== undefined);
  assertEquals(changes, [true, false]);
});

Deno.test("an open circuit breaker rests twice as long after a try that fails, up to a limit", () => {
  const { breaker, clock, changes, fail } = make();
  for (let i = 0; i < 3; i++) fail();
  const rests: number[] = [];
  for (let i = 0; i < 4; i++) {
    const from = clock.time;
    while (true) {
      const trial = breaker.enter();
      if (trial !== undefined) {
        trial.failed();
        break;
      }
      clock.time += 100;
    }
    rests.push(clock.time - from);
  }
  assertEquals(rests, [1_000, 2_000, 3_000, 3_000]);
  assertEquals(changes, [true]);
});

Deno.test("a try whose caller leaves says nothing: the next one may try", () => {
  const { breaker, clock, fail } = make();
  for (let i = 0; i < 3; i++) fail();
  clock.time = 1_000;
  breaker.enter()?.abandoned();
  const trial = breaker.enter();
  assert(trial !== undefined && breaker.open);
  trial.failed();
  trial.succeeded(); // the first word counts
  assert(breaker.open);
});

Deno.test("what began before a circuit breaker opened doesn't close it, nor open it anew", () => {
  const { breaker, clock, fail } = make();
  const early = breaker.enter();
  const late = breaker.enter();
  for (let i = 0; i < 3; i++) fail();
  early?.succeeded();
  assert(breaker.open);
  clock.time = 1_000;
  breaker.enter()?.succeeded();
  for (let i = 0; i < 2; i++) fail();
  late?.failed();
  assert(!breaker.open);
});

Deno.test("a clock that is set back keeps no circuit breaker open for longer", () => {
  const { breaker, clock, fail } = make();
  clock.time = 1_000_000;
  for (let i = 0; i < 3; i++) fail();
  clock.time = 5;
  assert(breaker.enter() !== undefined);
});
