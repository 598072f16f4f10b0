import type { Config } from "../config/config.ts";

/** A server that answers. */
export interface RunningApp {
  /** `127.0.0.1:5000` with the port that was really taken, or the path of the socket. */
  readonly address: string;
  /** For clients; absent with a socket. */
  readonly url?: string;
  /**
   * Stops accepting and waits for what is running.
   * @param graceMs for how long at most; 0 cuts at once
   * @returns whether everything could finish
   */
  stop(graceMs: number): Promise<boolean>;
  /** Resolves when it serves no more, for whatever reason. */
  readonly closed: Promise<void>;
}

/** Opens storage and port. @throws when one of them cannot be had */
export type StartApp = (config: Config, deps: { version: string }) => Promise<RunningApp>;
