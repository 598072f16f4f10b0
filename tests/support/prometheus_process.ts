import { freePort, Process } from "./process.ts";
import { TempFolder } from "./temp_folder.ts";
import { requireTool } from "./tools.ts";

export interface ScrapeOptions {
  /** `127.0.0.1:PORT`; the job is called berth. */
  readonly target: string;
  readonly path: string;
  /** Absolute paths of files with alerts. */
  readonly rules: readonly string[];
}

export interface Target {
  readonly health: "unknown" | "up" | "down";
  readonly lastError: string;
}

interface QueryResult {
  readonly result: readonly { readonly value: readonly [number, string] }[];
}

interface RuleGroups {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly name: string;
      readonly health: string;
      readonly state: string;
    }[];
  }[];
}

/** Prometheus itself, on a loopback port, scraping one target every half second. */
export class PrometheusProcess implements AsyncDisposable {
  readonly #url: string;

  private constructor(
    private readonly parts: AsyncDisposableStack,
    private readonly process: Process,
    port: number,
  ) {
    this.#url = `http://127.0.0.1:${port}/api/v1`;
  }

  /** Resolves when it answers. */
  static async start(options: ScrapeOptions): Promise<PrometheusProcess> {
    await using parts = new AsyncDisposableStack();
    const folder = parts.use(await TempFolder.make());
    const config = folder.at("prometheus.json"); // JSON is YAML
    await Deno.writeTextFile(config, JSON.stringify(configOf(options)));
    const port = freePort();
    const process = parts.use(Process.start({
      command: [
        requireTool("prometheus"),
        `--config.file=${config}`,
        `--storage.tsdb.path=${folder.at("data")}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      cwd: folder.path,
    }));
    await process.until(async () => {
      const response = await fetch(`http://127.0.0.1:${port}/-/ready`);
      await response.body?.cancel();
      return response.ok;
    });
    return new PrometheusProcess(parts.move(), process, port);
  }

  /** Lines of its log that are no mere information. */
  get complaints(): string[] {
    return this.process.stderr.split("\n").filter((line) => /level="?(?:warn|error)/i.test(line));
  }

  async target(): Promise<Target | undefined> {
    const { activeTargets } = await this.#get("targets") as { activeTargets: readonly Target[] };
    return activeTargets[0];
  }

  /** Values of an instant query, one for each series of its result. */
  async query(query: string): Promise<number[]> {
    const { result } = await this.#get("query", { query }) as QueryResult;
    return result.map(({ value }) => Number(value[1]));
  }

  /** Alerts by name: how their evaluation went, and whether they fire. */
  async rules(): Promise<
    { readonly name: string; readonly health: string; readonly state: string }[]
  > {
    const { groups } = await this.#get("rules") as RuleGroups;
    return groups.flatMap(({ rules }) => rules);
  }

  /** Waits until `holds` says true. */
  until(holds: () => Promise<boolean>, limit = 60_000): Promise<void> {
    return this.process.until(holds, { limit, interval: 100 });
  }

  async #get(what: string, parameters: Record<string, string> = {}): Promise<unknown> {
    const response = await fetch(`${this.#url}/${what}?${new URLSearchParams(parameters)}`);
    const { status, data, error } = await response.json();
    if (status !== "success") throw new Error(`Cannot ask Prometheus: ${error}`);
    return data;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.parts[Symbol.asyncDispose]();
  }
}

function configOf({ target, path, rules }: ScrapeOptions): unknown {
  return {
    global: { scrape_interval: "500ms", scrape_timeout: "500ms", evaluation_interval: "500ms" },
    rule_files: rules,
    scrape_configs: [{
      job_name: "berth",
      metrics_path: path,
      static_configs: [{ targets: [target] }],
    }],
  };
}
