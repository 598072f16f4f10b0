/** Child processes with an end: each wait has a limit, and each process is ended and reaped by whoever started it. */

export interface ProcessOptions {
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface ExitStatus {
  readonly success: boolean;
  readonly code: number;
  readonly signal: Deno.Signal | null;
}

/** A running child whose output is collected. `await using` ends it. */
export class Process implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #output = { stdout: "", stderr: "" };
  readonly #done: Promise<unknown>;
  #exited: ExitStatus | undefined;

  private constructor(options: ProcessOptions) {
    const [program, ...args] = options.command;
    if (program === undefined) throw new Error("Cannot start a process: no command");
    this.#child = new Deno.Command(program, {
      args,
      // A child that is a Deno would look for a newer one: tests talk to nobody outside.
      env: { DENO_NO_UPDATE_CHECK: "1", ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#done = Promise.all([
      this.#collect("stdout"),
      this.#collect("stderr"),
      this.#child.status.then((status) => this.#exited = status),
    ]);
  }

  static start(options: ProcessOptions): Process {
    return new Process(options);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Everything written so far. */
  get stdout(): string {
    return this.#output.stdout;
  }

  get stderr(): string {
    return this.#output.stderr;
  }

  /** Undefined while it runs. */
  get exited(): ExitStatus | undefined {
    return this.#exited;
  }

  signal(name: Deno.Signal): void {
    if (this.#exited === undefined) this.#child.kill(name);
  }

  /** Sends the signal and waits for the end; after `limit` milliseconds it is killed. */
  async end(name: Deno.Signal = "SIGTERM", limit = 20_000): Promise<ExitStatus> {
    this.signal(name);
    const timer = setTimeout(() => this.signal("SIGKILL"), limit);
    try {
      return await this.exit();
    } finally {
      clearTimeout(timer);
    }
  }

  /** Waits until it has ended by itself. */
  async exit(): Promise<ExitStatus> {
    await this.#done;
    return await this.#child.status;
  }

  /** Resolves when `answers` says true; fails when the process ends before, or after `limit` milliseconds. */
  async until(
    answers: () => Promise<boolean>,
    { limit = 30_000, interval = 20 }: { limit?: number; interval?: number } = {},
  ): Promise<void> {
    const deadline = Date.now() + limit;
    while (!(await answers().catch(() => false))) {
      if (this.#exited !== undefined || Date.now() > deadline) {
        const state = this.#exited ? `it ended with ${this.#exited.code}` : "it does not answer";
        throw new Error(`Cannot use the process: ${state}\n${this.stdout}\n${this.stderr}`);
      }
      await new Promise((resolve) => setTimeout(resolve, interval));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end("SIGKILL");
  }

  async #collect(name: "stdout" | "stderr"): Promise<void> {
    for await (const text of this.#child[name].pipeThrough(new TextDecoderStream())) {
      this.#output[name] += text;
    }
  }
}

/** A TCP port of the loopback that nobody listens on at the moment. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Runs to the end. @throws with the whole output when the exit status isn't 0 */
export async function run(
  command: readonly string[],
  options: Omit<ProcessOptions, "command"> & { readonly limit?: number } = {},
): Promise<{ stdout: string; stderr: string }> {
  const result = await attempt(command, options);
  if (!result.success) {
    throw new Error(
      `Cannot run ${command.join(" ")}: status ${result.code}\n${result.stdout}\n${result.stderr}`,
    );
  }
  return result;
}

/** Runs to the end, whatever its exit status; killed after `limit` milliseconds (default 5 minutes). */
export async function attempt(
  command: readonly string[],
  options: Omit<ProcessOptions, "command"> & { readonly limit?: number } = {},
): Promise<{ success: boolean; code: number; stdout: string; stderr: string }> {
  await using process = Process.start({ command, ...options });
  const timer = setTimeout(() => process.signal("SIGKILL"), options.limit ?? 300_000);
  try {
    const { success, code } = await process.exit();
    return { success, code, stdout: process.stdout, stderr: process.stderr };
  } finally {
    clearTimeout(timer);
  }
}
