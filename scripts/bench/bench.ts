import type { Contestant, Server } from "./contestant.ts";
import type { Resources } from "./resources.ts";

/** One line of the table. */
export interface Row {
  /** As in the list of goals: "P9". */
  readonly id: string;
  readonly work: string;
  readonly unit: string;
  readonly better: "more" | "less";
  /** Least or highest ratio to the best peer, and the bound on the figure itself, that are asked for. */
  readonly goal: { readonly ratio?: number; readonly absolute?: number };
}

/** What a measurement may cost. */
export interface Budget {
  /** Of one measurement that goes on for a time. */
  readonly seconds: number;
  /** Measurements per contestant, in turns. */
  readonly rounds: number;
  /** Bytes of what is called a large blob. */
  readonly large: number;
}

/** Figures of one round, in the order of the rows. */
export type Measure = () => Promise<readonly number[]>;

export interface BenchContext {
  readonly contestant: Contestant;
  readonly server: Server;
  readonly budget: Budget;
  readonly resources: Resources;
}

/** Rows that are measured together, on one server per contestant. */
export interface Bench {
  readonly rows: readonly Row[];
  /** Default filesystem. */
  readonly driver?: "inmemory";
  /** The server's root is the tree of many tags and repositories, which is read only. */
  readonly largeTree?: boolean;
  /** Pushes what is needed. @returns what is repeated in turns with the other contestants */
  prepare(context: BenchContext): Promise<Measure>;
}
