import { assertEquals, assertRejects } from "@std/assert";
import { BoundedFlights } from "../../../src/auth/token/bounded_flights.ts";

/** Works that end when they are told to. */
class Works {
  readonly started: string[] = [];
  readonly #ends = new Map<string, (isGood: boolean) => void>();

  work(name: string): () => Promise<string> {
    return () => {
      this.started.push(name);
      return new Promise((resolve, reject) => {
        this.#ends.set(name, (isGood) => isGood ? resolve(name) : reject(new Error(name)));
      });
    };
  }

  async end(name: string, isGood = true): Promise<void> {
    this.#ends.get(name)?.(isGood);
    // until whoever waits has had its turn
    await turnOfTheLoop();
    await turnOfTheLoop();
  }
}

function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

Deno.test("BoundedFlights runs so many at once, and the next when one ends", async () => {
  const works = new Works();
  const flights = new BoundedFlights<string>({ atOnce: 2, mostWaiting: 9 });
  const all = ["a", "b", "c", "d"].map((name) => flights.run(name, "x", works.work(name)));
  await works.end("-");
  assertEquals(works.started, ["a", "b"]);
  await works.end("b");
  assertEquals(works.started, ["a", "b", "c"]);
  for (const name of ["a", "c", "d"]) await works.end(name);
  assertEquals(await Promise.all(all), ["a", "b", "c", "d"]);
});

Deno.test("BoundedFlights shares one run among callers of a key", async () => {
  const works = new Works();
  const flights = new BoundedFlights<string>({ atOnce: 1, mostWaiting: 0 });
  const both = [flights.run("a", "x", works.work("1")), flights.run("a", "y", works.work("2"))];
  await works.end("1");
  assertEquals(await Promise.all(both), ["1", "1"]);
  const again = flights.run("a", "x", works.work("3"));
  await works.end("3");
  assertEquals(await again, "3");
});

Deno.test("BoundedFlights gives its place on when a work fails", async () => {
  const works = new Works();
  const flights = new BoundedFlights<string>({ atOnce: 1, mostWaiting: 1 });
  const failing = assertRejects(() => flights.run("a", "x", works.work("a")), Error, "a");
  const next = flights.run("b", "x", works.work("b"));
  await works.end("a", false);
  await failing;
  await works.end("b");
  assertEquals(await next, "b");
});

Deno.test("BoundedFlights turns away whose owner has most waiting", async () => {
  const works = new Works();
  const flights = new BoundedFlights<string>({ atOnce: 1, mostWaiting: 2 });
  const run = (name: string, owner: string) => flights.run(name, owner, works.work(name));
  const first = run("a", "greedy");
  const second = run("b", "greedy");
  const dropped = run("c", "greedy");
  const turnedAway = run("d", "greedy");
  const other = run("e", "modest");
  assertEquals(await turnedAway, undefined);
  assertEquals(await dropped, undefined);
  for (const name of ["a", "b", "e"]) await works.end(name);
  assertEquals(await Promise.all([first, second, other]), ["a", "b", "e"]);
});

Deno.test("BoundedFlights lets others have the event loop between works that end at once", async () => {
  const flights = new BoundedFlights<number>({ atOnce: 1, mostWaiting: 9 });
  const order: string[] = [];
  const work = (name: string) => () => {
    order.push(name);
    return Promise.resolve(0);
  };
  const all = ["a", "b", "c"].map((name) => flights.run(name, "x", work(name)));
  const other = turnOfTheLoop().then(() => order.push("other"));
  await Promise.all([...all, other]);
  assertEquals(order, ["a", "other", "b", "c"]);
});
