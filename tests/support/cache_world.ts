import type { ApiOptions } from "../../src/api/options.ts";
import type { Handler } from "../../src/http/exchange.ts";
import type { CacheMetrics } from "../../src/proxy/cache_metrics.ts";
import {
  type Cache,
  type CacheDeps,
  type CachedUpstreamConfig,
  createCache,
} from "../../src/proxy/create_cache.ts";
import { NO_FILL_METRICS } from "../../src/proxy/fill_metrics.ts";
import { LocalRegistry } from "../../src/registry/local_registry.ts";
import { STRICT } from "../../src/registry/manifest_policy.ts";
import type { Registry } from "../../src/registry/registry.ts";
import { MemoryDriver } from "../../src/storage/memory.ts";
import type { StorageDriver } from "../../src/storage/driver.ts";
import { answer, fakeApi } from "./api.ts";
import type { FakeExchange, FakeRequest } from "./fake_exchange.ts";
import { FakeUpstream } from "./fake_upstream.ts";
import { ManualTime } from "./manual_time.ts";
import { RecordedLog } from "./recorded_log.ts";

/** Of an upstream in a test, its namespace being its name there. */
export type UpstreamSettings = Partial<CachedUpstreamConfig> & { readonly namespace: string };

export interface CacheWorldOptions {
  /** Default: Docker Hub as the root. */
  readonly upstreams?: readonly UpstreamSettings[];
  readonly api?: Partial<ApiOptions>;
  readonly parts?: Partial<Pick<CacheDeps, "marks" | "forgetting" | "metrics" | "fillMetrics">>;
  /** Stands before the driver in memory. */
  readonly driver?: (inner: StorageDriver) => StorageDriver;
}

/** A cache over a tree in memory, with upstreams, time, log and metrics in the test's hands. */
export class CacheWorld {
  readonly time = new ManualTime();
  readonly log = new RecordedLog();
  /** One line for each call: `stale docker.io timeout`. */
  readonly metrics: string[] = [];
  /** By name. */
  readonly upstreams = new Map<string, FakeUpstream>();
  readonly driver: StorageDriver;
  readonly memory: MemoryDriver;
  #cache: Cache;
  #local: LocalRegistry;
  #api: Handler;

  constructor(private readonly options: CacheWorldOptions = {}) {
    this.memory = new MemoryDriver(this.time.now);
    this.driver = options.driver?.(this.memory) ?? this.memory;
    [this.#local, this.#cache, this.#api] = this.#start();
  }

  /** The first upstream. */
  get hub(): FakeUpstream {
    const [first] = this.upstreams.values();
    if (first === undefined) throw new Error("there is no upstream");
    return first;
  }

  get cache(): Cache {
    return this.#cache;
  }

  get local(): Registry {
    return this.#local;
  }

  /** The API itself, which throws what the pipeline renders. */
  get api(): Handler {
    return this.#api;
  }

  ask(request: FakeRequest | string): Promise<FakeExchange> {
    return answer(this.#api, request);
  }

  /** Another process over the same tree. */
  async restart(): Promise<void> {
    await this.close();
    [this.#local, this.#cache, this.#api] = this.#start();
  }

  async close(): Promise<void> {
    await this.#cache.close();
    await this.#local.close();
  }

  #start(): [LocalRegistry, Cache, Handler] {
    const { driver, time: clock, log: logger } = this;
    const local = new LocalRegistry({ driver, policy: STRICT, clock });
    const settings = this.options.upstreams ?? [{ namespace: "", library: true }];
    const cache = createCache({ upstreams: settings.map(complete) }, {
      ...{ local, store: local.cache, clock, logger, timers: this.time },
      fillMetrics: NO_FILL_METRICS,
      metrics: this.#metrics(),
      ...this.options.parts,
      open: ({ name }) => this.#upstream(name),
    });
    const { registry, names } = cache;
    const { api } = fakeApi({ registry, names, ...this.options.api });
    return [local, cache, api];
  }

  /** The same after a restart. */
  #upstream(name: string): FakeUpstream {
    const upstream = this.upstreams.get(name) ?? new FakeUpstream(name);
    this.upstreams.set(name, upstream);
    return upstream;
  }

  #metrics(): CacheMetrics {
    const line = (what: string) => (...rest: readonly (string | number)[]) =>
      void this.metrics.push([what, ...rest].join(" "));
    return { hit: line("hit"), miss: line("miss"), stale: line("stale"), unkept: line("unkept") };
  }
}

function complete(settings: UpstreamSettings): CachedUpstreamConfig {
  const { namespace } = settings;
  return {
    remoteurl: `https://${namespace || "registry-1.docker.io"}`,
    ...{ ttl: 604_800_000, tagfreshness: 0, hosts: [], library: false, allow: [], deny: [] },
    ...settings,
  };
}
