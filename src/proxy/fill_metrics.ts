/**
 * `kept` all of it is here now, `relayed` it was passed on without being kept, `failed` upstream did not give it, `lying` what it gave
 * was something else, `absent` upstream has none, `abandoned` nobody wanted it any more, `there` it was here already.
 */
export type FillOutcome =
  | "kept"
  | "relayed"
  | "failed"
  | "lying"
  | "absent"
  | "abandoned"
  | "there";

/** What fills tell of themselves, by the name of the upstream. */
export interface FillMetrics {
  started(upstream: string): void;
  /** One more client shares a fill that is under way. */
  joined(upstream: string): void;
  /** An interrupted transfer is asked for again from where it stopped. */
  resumed(upstream: string): void;
  /** A range far ahead of the fill is fetched apart. */
  aside(upstream: string): void;
  /** The store takes no more; the rest is passed on without being kept. */
  relayed(upstream: string): void;
  /** @param bytes that came from upstream */
  ended(upstream: string, outcome: FillOutcome, bytes: number, seconds: number): void;
}

export const NO_FILL_METRICS: FillMetrics = {
  started: () => {},
  joined: () => {},
  resumed: () => {},
  aside: () => {},
  relayed: () => {},
  ended: () => {},
};
