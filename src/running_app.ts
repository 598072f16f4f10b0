import type { Config } from "./config/config.ts";
import type { InheritedSocket } from "./http/address.ts";

/** A server that answers. */
export interface RunningApp {
  /** `127.0.0.1:5000` with the port that was really taken, or the path of the socket. */
  readonly address: string;
  /** For clients: `http://127.0.0.1:5000`, `https:` with TLS; absent with a socket. */
  readonly url?: string;
  /**
   * Turns unhealthy, stops accepting, waits for what is running, gives back everything.
   * @param graceMs for how long at most; 0 cuts at once
   * @returns whether everything could finish
   */
  stop(graceMs: number): Promise<boolean>;
  /** Reads the files again that may change while it runs (certificates, users, keys), and logs which. What is bad stays as it was. */
  reload(): Promise<void>;
  /** Turns read-only mode on or off. @returns whether it is on now */
  toggleReadOnly(): boolean;
  /** Resolves when it serves no more, for whatever reason. */
  readonly closed: Promise<void>;
}

export interface AppDeps {
  /** Of berth. */
  readonly version: string;
  /** Served on in place of `http.addr`. */
  readonly inherited?: InheritedSocket | undefined;
}

/** What is to be said of the files that a configuration names. */
export interface FileFindings {
  /** Sentences, as at the start: with one of these it cannot start. */
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

/** Reads the files that are needed at the start. Writes nothing, opens no port. */
export type CheckFiles = (config: Config) => Promise<FileFindings>;

/** Opens storage and port. @throws when one of them cannot be had */
export type StartApp = (config: Config, deps: AppDeps) => Promise<RunningApp>;
