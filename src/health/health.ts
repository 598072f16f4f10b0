/** Whether the server should be sent requests, and why not. */
export interface Health {
  /** What is wrong by the name of the check, names in order; empty: all is well. Cheap: every request asks. */
  failures(): Readonly<Record<string, string>>;
  readonly isHealthy: boolean;
}
