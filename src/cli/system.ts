import type { StartApp } from "./running_app.ts";

/** What commands need of the world; tests bring their own. */
export interface System {
  /** The name by which the program was called, for usage texts: `berth` or `registry`. */
  readonly program: string;
  /** Of berth. */
  readonly version: string;
  /** Of the runtime. */
  readonly denoVersion: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Write text as it is, at once. */
  out(text: string): void;
  err(text: string): void;
  /** Undefined when there is nothing of that name. @throws Error when it cannot be read, or is a folder */
  readTextFile(path: string): Promise<string | undefined>;
  isFile(path: string): Promise<boolean>;
  /**
   * Makes sure that a folder can be served, and makes it if it is not there.
   * @returns whether it can be written @throws Error with a code such as EACCES or ENOTDIR
   */
  prepareFolder(path: string): Promise<boolean>;
  /** Calls back at SIGTERM and SIGINT until the returned function is called. */
  onStopSignal(callback: (signal: string) => void): () => void;
  /** Calls back for errors and rejections that nobody has caught, which then do not end the process, until it is undone. */
  onUncaught(callback: (error: unknown) => void): () => void;
  startApp: StartApp;
  now(): Date;
}
