import type { Config } from "../../src/config/config.ts";
import type { RunningApp } from "../../src/cli/running_app.ts";
import type { System } from "../../src/cli/system.ts";

export interface FakeOptions {
  readonly program?: string;
  readonly denoVersion?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Content by path; an Error is thrown by reading. */
  readonly files?: Readonly<Record<string, string | Error>>;
  /** What starting fails with. */
  readonly startError?: Error;
  /** What making the storage folder fails with. */
  readonly folderError?: Error;
  readonly isFolderWritable?: boolean;
  /** What `stop` answers. */
  readonly stop?: (graceMs: number) => Promise<boolean>;
}

/** A System in memory: what was written, started and stopped can be looked at. */
export class FakeSystem implements System {
  readonly program: string;
  readonly version = "1.2.3";
  readonly denoVersion: string;
  readonly environment: Readonly<Record<string, string>>;
  stdout = "";
  stderr = "";
  /** The configuration that the app was started with. */
  started: Config | undefined;
  readonly folders: string[] = [];
  readonly stops: number[] = [];
  /** Resolves when the app runs and signals are listened for. */
  readonly running: Promise<void>;
  readonly #options: FakeOptions;
  readonly #closed = Promise.withResolvers<void>();
  readonly #listening = Promise.withResolvers<void>();
  #onSignal: ((signal: string) => void) | undefined;
  #onUncaught: ((error: unknown) => void) | undefined;

  constructor(options: FakeOptions = {}) {
    this.#options = options;
    this.program = options.program ?? "berth";
    this.denoVersion = options.denoVersion ?? "2.9.6";
    this.environment = options.environment ?? {};
    this.running = this.#listening.promise;
  }

  out(text: string): void {
    this.stdout += text;
  }

  err(text: string): void {
    this.stderr += text;
  }

  readTextFile(path: string): Promise<string | undefined> {
    const content = this.#options.files?.[path];
    return content instanceof Error ? Promise.reject(content) : Promise.resolve(content);
  }

  isFile(path: string): Promise<boolean> {
    return Promise.resolve(typeof this.#options.files?.[path] === "string");
  }

  prepareFolder(path: string): Promise<boolean> {
    this.folders.push(path);
    const { folderError, isFolderWritable = true } = this.#options;
    return folderError === undefined
      ? Promise.resolve(isFolderWritable)
      : Promise.reject(folderError);
  }

  onStopSignal(callback: (signal: string) => void): () => void {
    this.#onSignal = callback;
    this.#listening.resolve();
    return () => this.#onSignal = undefined;
  }

  onUncaught(callback: (error: unknown) => void): () => void {
    this.#onUncaught = callback;
    return () => this.#onUncaught = undefined;
  }

  startApp(config: Config): Promise<RunningApp> {
    const { startError, stop = () => Promise.resolve(true) } = this.#options;
    if (startError !== undefined) return Promise.reject(startError);
    this.started = config;
    return Promise.resolve({
      address: config.http.addr,
      ...(config.http.net === "tcp" && { url: `http://${config.http.addr}` }),
      stop: (graceMs) => {
        this.stops.push(graceMs);
        return stop(graceMs);
      },
      closed: this.#closed.promise,
    });
  }

  now(): Date {
    return new Date(0);
  }

  /** @throws when nobody listens */
  signal(name: string): void {
    if (this.#onSignal === undefined) throw new Error(`Nobody listens for ${name}`);
    this.#onSignal(name);
  }

  /** @throws when nobody catches */
  uncaught(error: unknown): void {
    if (this.#onUncaught === undefined) throw new Error("Nobody catches");
    this.#onUncaught(error);
  }

  /** The server ends by itself. */
  closeApp(): void {
    this.#closed.resolve();
  }

  /** Whether signals and uncaught errors are still listened for. */
  get isListening(): boolean {
    return this.#onSignal !== undefined || this.#onUncaught !== undefined;
  }
}
