import { freePort, Process, run } from "./process.ts";
import { berthCommand } from "./server.ts";
import type { TempFolder } from "./temp_folder.ts";
import { requireTool } from "./tools.ts";

export interface ServeOptions {
  /** The text of config.yml for a folder and a port that are this test's own; without one berth is started with `--default`. */
  readonly config?: (place: Place) => string;
  readonly env?: (place: Place) => Record<string, string>;
  /** Default `http`. */
  readonly scheme?: "http" | "https";
}

export interface Place {
  readonly folder: TempFolder;
  readonly port: number;
}

/**
 * berth with the configuration file that somebody has, as a child process. `folder` may hold files for it before it starts; it goes
 * with the process.
 */
export class ServedConfig implements AsyncDisposable {
  private constructor(
    readonly folder: TempFolder,
    readonly port: number,
    readonly url: string,
    readonly process: Process,
  ) {}

  /** Resolves when it answers whatever to GET /v2/. */
  static async start(folder: TempFolder, options: ServeOptions): Promise<ServedConfig> {
    const port = freePort();
    const place = { folder, port };
    const args = ["--default"];
    if (options.config !== undefined) {
      args[0] = folder.at("config.yml");
      await Deno.writeTextFile(args[0], options.config(place));
    }
    const process = Process.start({
      command: [...berthCommand(), ...args],
      env: { OTEL_TRACES_EXPORTER: "none", ...options.env?.(place) },
      cwd: folder.path,
    });
    const url = `${options.scheme ?? "http"}://127.0.0.1:${port}`;
    try {
      // any status will do, and any certificate: what it is is the test's business
      const look = [requireTool("curl"), "-sk", "-m", "5", "-o", "/dev/null", `${url}/v2/`];
      await process.until(async () => (await run(look), true));
    } catch (error) {
      await process[Symbol.asyncDispose]();
      throw error;
    }
    return new ServedConfig(folder, port, url, process);
  }

  /** SIGTERM; everything that it has printed is in `process` then. */
  async stop(): Promise<void> {
    await this.process.end("SIGTERM");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]();
  }
}
