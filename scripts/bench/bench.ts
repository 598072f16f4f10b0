import type { Contestant, Server, StartOptions } from "./contestant.ts";
import type { Resources } from "./resources.ts";
import type { Setup } from "./setup.ts";

/** One line of the table. */
export interface Row {
  /** As in the list of goals: "P9". */
  readonly id: string;
  readonly work: string;
  readonly unit: string;
  readonly better: "more" | "less";
  /** Least or highest ratio to the best peer, and the bound on the figure itself, that are asked for; may be none. */
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
  /** How many idle connections are many; fewer where fewer files may be open. */
  readonly connections: number;
}

/** Figures of one round, in the order of the rows. */
export type Measure = () => Promise<readonly number[]>;

export interface BenchContext {
  readonly contestant: Contestant;
  readonly server: Server;
  readonly budget: Budget;
  readonly resources: Resources;
  /** Starts the contestant once more, to be stopped after the last round. */
  readonly startAnother: (options?: StartOptions) => Promise<Server>;
}

/** Rows that are measured together, on one server per contestant. */
export interface Bench {
  readonly rows: readonly Row[];
  /** What is set up on the server, beyond the defaults. */
  readonly setup?: (resources: Resources) => Promise<Setup>;
  /** The rounds start servers of their own: the context's stays idle, and its memory isn't told. */
  readonly ownServers?: boolean;
  /** One round is enough: what is measured hardly varies, and takes long. */
  readonly once?: boolean;
  /** Default filesystem. */
  readonly driver?: "inmemory";
  /** The server's root is the tree of many tags and repositories, which is read only. */
  readonly largeTree?: boolean;
  /** Pushes what is needed. @returns what is repeated in turns with the other contestants */
  prepare(context: BenchContext): Promise<Measure>;
}
