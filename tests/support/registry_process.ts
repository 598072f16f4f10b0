import { join } from "@std/path";
import { type ExitStatus, freePort, Process } from "./process.ts";
import { TempFolder } from "./temp_folder.ts";

export interface RegistryOptions {
  /** Program and arguments up to the configuration file, which is added as the last argument. */
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly driver?: "filesystem" | "inmemory";
  /** An existing storage root. Without one it lies in a temporary folder that goes with the process. */
  readonly root?: string;
  /** YAML that is appended to the configuration: whole top-level sections other than version, log, storage, http. */
  readonly extraConfig?: string;
  /** Lines of YAML, unindented, for the sections http and log. */
  readonly http?: readonly string[];
  readonly log?: readonly string[];
  /** Milliseconds between two looks whether it answers yet, default 20. */
  readonly pollInterval?: number;
  /** Whether it answers, where it doesn't answer GET /v2/ with 200 over plain HTTP as it does by default: over TLS, to users only. */
  readonly answers?: (registry: { readonly port: number }) => Promise<boolean>;
  /** Writes the whole configuration, for a registry that reads another format; JSON is kept in config.json. */
  readonly config?: (registry: { readonly port: number; readonly root: string }) => string;
}

/** A registry as a child process on a loopback port, berth or a peer. `await using` kills it and removes its folder. */
export class RegistryProcess implements AsyncDisposable {
  readonly #options: RegistryOptions;
  readonly #folder: TempFolder;
  readonly port: number;
  /** The storage root, as in `storage.filesystem.rootdirectory`. */
  readonly root: string;
  #process: Process | undefined;
  #pastOutput = { stdout: "", stderr: "" };

  private constructor(options: RegistryOptions, folder: TempFolder) {
    this.#options = options;
    this.#folder = folder;
    this.port = freePort();
    this.root = options.root ?? folder.at("data");
  }

  /** Resolves when GET /v2/ is answered. */
  static async start(options: RegistryOptions): Promise<RegistryProcess> {
    const registry = new RegistryProcess(options, await TempFolder.make());
    try {
      await registry.start();
    } catch (error) {
      await registry[Symbol.asyncDispose]();
      throw error;
    }
    return registry;
  }

  /** `127.0.0.1:PORT`, as clients name it. */
  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  get url(): string {
    return `http://${this.host}`;
  }

  get pid(): number {
    return this.#running().pid;
  }

  /** The access log of all its runs. */
  get stdout(): string {
    return this.#pastOutput.stdout + (this.#process?.stdout ?? "");
  }

  /** The application log of all its runs. */
  get stderr(): string {
    return this.#pastOutput.stderr + (this.#process?.stderr ?? "");
  }

  /** Starts it again on the same port and root, after stop or kill. */
  async start(): Promise<void> {
    if (this.#process !== undefined) throw new Error("Cannot start the registry: it is running");
    const name = this.#options.config === undefined ? "config.yml" : "config.json";
    const config = join(this.#folder.path, name);
    await Deno.writeTextFile(config, this.#options.config?.(this) ?? this.#config());
    this.#process = Process.start({
      command: [...this.#options.command, config],
      env: { OTEL_TRACES_EXPORTER: "none", ...this.#options.env },
      cwd: this.#folder.path,
    });
    await this.#process.until(() => this.#answers(), {
      interval: this.#options.pollInterval ?? 20,
    });
  }

  /** SIGTERM, as an init system stops it. */
  async stop(): Promise<ExitStatus> {
    return await this.#end("SIGTERM");
  }

  /** SIGKILL: what a crash leaves is left. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process !== undefined) await this.kill();
    await this.#folder[Symbol.asyncDispose]();
  }

  async #end(signal: Deno.Signal): Promise<ExitStatus> {
    const process = this.#running();
    const status = await process.end(signal);
    this.#pastOutput.stdout += process.stdout;
    this.#pastOutput.stderr += process.stderr;
    this.#process = undefined;
    return status;
  }

  #running(): Process {
    if (this.#process === undefined) throw new Error("Cannot do it: the registry is not running");
    return this.#process;
  }

  async #answers(): Promise<boolean> {
    if (this.#options.answers !== undefined) return await this.#options.answers(this);
    const response = await fetch(`${this.url}/v2/`, { signal: AbortSignal.timeout(5_000) });
    await response.body?.cancel();
    return response.status === 200;
  }

  #config(): string {
    const { driver = "filesystem", http = [], log = ["level: info"] } = this.#options;
    return [
      "version: 0.1",
      "log:",
      ...log.map((line) => `  ${line}`),
      "storage:",
      ...(driver === "filesystem"
        ? ["  filesystem:", `    rootdirectory: ${this.root}`]
        : ["  inmemory: {}"]),
      "  delete:",
      "    enabled: true",
      "http:",
      `  addr: ${this.host}`,
      ...http.map((line) => `  ${line}`),
      this.#options.extraConfig ?? "",
    ].join("\n") + "\n";
  }
}
