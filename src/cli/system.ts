import type { CheckFiles, StartApp } from "../running_app.ts";
import type { ProbeAnswer, Target } from "./probe.ts";

/** What somebody answered who was asked for a secret. */
export type Secret =
  | { readonly kind: "typed"; readonly text: string }
  | { readonly kind: "interrupted" }
  | { readonly kind: "noTerminal" };

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
  /** Columns of the terminal that `err` writes to; undefined when it is none. */
  terminalWidth(): number | undefined;
  /** Undefined when there is nothing of that name. @throws Error when it cannot be read, or is a folder */
  readTextFile(path: string): Promise<string | undefined>;
  isFile(path: string): Promise<boolean>;
  /**
   * Replaces a file by what `edit` makes of its text, undefined when there is none; readers see it whole, old or new.
   * @throws Error with a sentence; what `edit` throws, and then nothing has changed
   */
  editFile(path: string, edit: (content: string | undefined) => string): Promise<void>;
  /** All of it; undefined when it has more than `most` bytes, or is not UTF-8. */
  readStdin(most: number): Promise<string | undefined>;
  /** Asks on the terminal for a line that is not shown there. */
  askSecret(prompt: string): Promise<Secret>;
  /**
   * Makes sure that a folder can be served, and makes it if it is not there.
   * @returns whether it can be written @throws Error with a code such as EACCES or ENOTDIR
   */
  prepareFolder(path: string): Promise<boolean>;
  /** Calls back at SIGTERM and SIGINT until the returned function is called. */
  onStopSignal(callback: (signal: string) => void): () => void;
  /** Calls back at SIGHUP and SIGUSR1, which then do not end the process, until the returned function is called. */
  onControlSignal(callback: (signal: "SIGHUP" | "SIGUSR1") => void): () => void;
  /** Calls back for errors and rejections that nobody has caught, which then do not end the process, until it is undone. */
  onUncaught(callback: (error: unknown) => void): () => void;
  startApp: StartApp;
  checkFiles: CheckFiles;
  /** Asks a server once. Rejects when there is no answer in time. */
  probe(target: Target, limitMs: number): Promise<ProbeAnswer>;
  readonly pid: number;
  /** Sends a datagram to a unix socket; a leading NUL names an abstract one. Never rejects. */
  send(path: string, message: string): Promise<void>;
  /** CLOCK_MONOTONIC in microseconds, never too small; undefined when it cannot be told. */
  monotonicUs(): number | undefined;
  /** The path of a unix socket that this process was handed. */
  socketPath(fd: number): string | undefined;
  now(): Date;
}
