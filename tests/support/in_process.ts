import { createApi } from "../../src/api/dispatch.ts";
import type { ApiOptions } from "../../src/api/options.ts";
import { systemClock } from "../../src/async/clock.ts";
import { anonymous } from "../../src/auth/anonymous.ts";
import { startListener } from "../../src/http/listener.ts";
import { createLocation } from "../../src/http/location.ts";
import { createPipeline } from "../../src/http/pipeline.ts";
import { NO_METRICS } from "../../src/metrics/metrics.ts";
import { LocalRegistry } from "../../src/registry/local_registry.ts";
import { type ManifestPolicy, STRICT } from "../../src/registry/manifest_policy.ts";
import type { StorageDriver } from "../../src/storage/driver.ts";
import { MemoryDriver } from "../../src/storage/memory.ts";

export interface InProcessOptions extends Partial<Omit<ApiOptions, "registry" | "location">> {
  /** Closed with the server; a MemoryDriver by default. */
  readonly driver?: StorageDriver;
  readonly policy?: ManifestPolicy;
}

/** The whole server in the process of the test, on a loopback port: what app.ts makes, without configuration file and logs. */
export class InProcessServer implements AsyncDisposable {
  /** What was no client's doing: a test that expects none looks here. */
  readonly faults: unknown[] = [];

  private constructor(
    readonly port: number,
    faults: unknown[],
    private readonly stop: () => Promise<void>,
  ) {
    this.faults = faults;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  static async start(options: InProcessOptions = {}): Promise<InProcessServer> {
    const { driver = new MemoryDriver(), policy = STRICT, ...api } = options;
    const registry = new LocalRegistry({ driver, policy, clock: systemClock });
    const faults: unknown[] = [];
    const handler = createApi({
      registry,
      access: anonymous,
      deleteEnabled: true,
      readOnly: { isOn: false },
      nothing: new LocalRegistry({ driver: new MemoryDriver(), policy, clock: systemClock }),
      metrics: NO_METRICS,
      prefix: "",
      headers: {},
      catalogMaxEntries: 1000,
      tagsMax: 1000,
      ...api,
      location: createLocation({ host: "", relativeurls: false, prefix: api.prefix ?? "" }),
    });
    const listener = await startListener(
      {
        address: { net: "tcp", host: "127.0.0.1", port: 0 },
        headerTimeout: 15_000,
        idleTimeout: 120_000,
        bodyTimeout: 60_000,
        maxHeaderBytes: 32 * 1024,
        onFault: (error) => faults.push(error),
      },
      createPipeline(handler, {
        clock: systemClock,
        onEnd: () => {},
        onFault: (_exchange, error) => faults.push(error),
      }),
    );
    const port = listener.address.net === "tcp" ? listener.address.port : 0;
    return new InProcessServer(port, faults, async () => {
      await listener.stop(5_000);
      await registry.close();
      await driver.close();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
