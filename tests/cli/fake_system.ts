import type { Config } from "../../src/config/config.ts";
import type { ProbeAnswer, Target } from "../../src/cli/probe.ts";
import type { AppDeps, FileFindings, RunningApp } from "../../src/running_app.ts";
import type { Secret, System } from "../../src/cli/system.ts";

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
  readonly stdin?: string;
  /** Columns of the terminal; absent: there is none. */
  readonly width?: number;
  /** What is typed on the terminal, one answer after the other, then Ctrl-C; absent: there is none. */
  readonly typed?: readonly string[];
  /** What asking a server answers, by the URL or path that was asked; absent: nobody listens. */
  readonly answers?: Readonly<Record<string, ProbeAnswer | Error>>;
  /** What is found in the files that the configuration names. */
  readonly findings?: FileFindings;
  /** What `reload` does. */
  readonly reload?: () => Promise<void>;
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
  /** What files were replaced by. */
  readonly edited = new Map<string, string>();
  #asked = 0;
  readonly stops: number[] = [];
  /** Resolves when the app runs and signals are listened for. */
  readonly running: Promise<void>;
  readonly #options: FakeOptions;
  readonly #closed = Promise.withResolvers<void>();
  readonly #listening = Promise.withResolvers<void>();
  #onSignal: ((signal: string) => void) | undefined;
  /** What the app was started with beside its configuration. */
  deps: AppDeps | undefined;
  reloads = 0;
  isReadOnly = false;
  /** What was asked how it is, and for how long at most. */
  readonly probed: [Target, number][] = [];
  readonly pid = 42;
  /** Datagrams: where to, and what. */
  readonly sent: [path: string, message: string][] = [];
  readonly #onControl = new Set<(signal: "SIGHUP" | "SIGUSR1") => void>();
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

  terminalWidth(): number | undefined {
    return this.#options.width;
  }

  readTextFile(path: string): Promise<string | undefined> {
    const content = this.#options.files?.[path];
    return content instanceof Error ? Promise.reject(content) : Promise.resolve(content);
  }

  isFile(path: string): Promise<boolean> {
    return Promise.resolve(typeof this.#options.files?.[path] === "string");
  }

  editFile(path: string, edit: (content: string | undefined) => string): Promise<void> {
    const content = this.#options.files?.[path];
    return content instanceof Error
      ? Promise.reject(content)
      : Promise.resolve().then(() => void this.edited.set(path, edit(content)));
  }

  readStdin(most: number): Promise<string | undefined> {
    const { stdin = "" } = this.#options;
    return Promise.resolve(stdin.length > most ? undefined : stdin);
  }

  askSecret(prompt: string): Promise<Secret> {
    if (this.#options.typed === undefined) return Promise.resolve({ kind: "noTerminal" });
    this.stderr += prompt;
    const text = this.#options.typed[this.#asked++];
    return Promise.resolve(text === undefined ? { kind: "interrupted" } : { kind: "typed", text });
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

  onControlSignal(callback: (signal: "SIGHUP" | "SIGUSR1") => void): () => void {
    this.#onControl.add(callback);
    return () => this.#onControl.delete(callback);
  }

  probe(target: Target, limitMs: number): Promise<ProbeAnswer> {
    this.probed.push([target, limitMs]);
    const answer = this.#options.answers?.[target.text];
    if (answer === undefined) return Promise.reject(new Error("connection refused"));
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  }

  send(path: string, message: string): Promise<void> {
    this.sent.push([path, message]);
    return Promise.resolve();
  }

  monotonicUs(): number {
    return 123_456;
  }

  socketPath(_fd: number): string | undefined {
    return undefined;
  }

  onUncaught(callback: (error: unknown) => void): () => void {
    this.#onUncaught = callback;
    return () => this.#onUncaught = undefined;
  }

  startApp(config: Config, deps: AppDeps): Promise<RunningApp> {
    const { startError, stop = () => Promise.resolve(true) } = this.#options;
    if (startError !== undefined) return Promise.reject(startError);
    this.started = config;
    this.deps = deps;
    return Promise.resolve({
      address: config.http.addr,
      ...(config.http.net === "tcp" && { url: `http://${config.http.addr}` }),
      stop: (graceMs) => {
        this.stops.push(graceMs);
        return stop(graceMs);
      },
      reload: () => {
        this.reloads++;
        return this.#options.reload?.() ?? Promise.resolve();
      },
      toggleReadOnly: () => this.isReadOnly = !this.isReadOnly,
      closed: this.#closed.promise,
    });
  }

  checkFiles(): Promise<FileFindings> {
    return Promise.resolve(this.#options.findings ?? { errors: [], warnings: [] });
  }

  now(): Date {
    return new Date(0);
  }

  /** @throws when nobody listens */
  signal(name: string): void {
    if (this.#onSignal === undefined) throw new Error(`Nobody listens for ${name}`);
    this.#onSignal(name);
  }

  /** @throws when nobody listens, and the signal would end the process */
  control(name: "SIGHUP" | "SIGUSR1"): void {
    if (this.#onControl.size === 0) throw new Error(`Nobody listens for ${name}`);
    for (const callback of this.#onControl) callback(name);
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
    return this.#onSignal !== undefined || this.#onUncaught !== undefined ||
      this.#onControl.size > 0;
  }
}
