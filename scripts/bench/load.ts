import { Connection, type Endpoint } from "./connection.ts";

/** What a number of clients got done. */
export interface LoadResult {
  readonly perSecond: number;
  /** Of each operation, in milliseconds, ascending. */
  readonly durations: readonly number[];
}

/**
 * Lets `clients` repeat an operation, each over a connection of its own, until `seconds` are over; operations that have begun are
 * finished and counted in the time they took.
 */
export async function load(
  endpoint: Endpoint,
  clients: number,
  seconds: number,
  operation: (connection: Connection, client: number, round: number) => Promise<unknown>,
): Promise<LoadResult> {
  const durations: number[] = [];
  const start = performance.now();
  const end = start + seconds * 1_000;
  await Promise.all(Array.from({ length: clients }, async (_, client) => {
    using connection = new Connection(endpoint);
    for (let round = 0; performance.now() < end; round++) {
      const begun = performance.now();
      await operation(connection, client, round);
      durations.push(performance.now() - begun);
    }
  }));
  const took = (performance.now() - start) / 1_000;
  durations.sort((a, b) => a - b);
  return { perSecond: durations.length / took, durations };
}

/** Time of one operation, in milliseconds. */
export async function timed(operation: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await operation();
  return performance.now() - start;
}

/** A value of ascending ones, `part` of 0..1 from the bottom. */
export function quantile(ascending: readonly number[], part: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * part))] ?? NaN;
}

export function median(values: readonly number[]): number {
  const ascending = [...values].sort((a, b) => a - b);
  const middle = ascending.length / 2;
  const upper = ascending[Math.floor(middle)] ?? NaN;
  return ascending.length % 2 === 1 ? upper : (upper + (ascending[middle - 1] ?? NaN)) / 2;
}
