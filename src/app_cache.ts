import type { ApiOptions } from "./api/options.ts";
import { systemClock } from "./async/clock.ts";
import { systemTimers } from "./async/timers.ts";
import type { Config, ProxyConfig } from "./config/config.ts";
import { FetchedContents } from "./gc/fetched_contents.ts";
import { finishGenerations } from "./gc/round.ts";
import type { Logger } from "./log/logger.ts";
import type { ProxyFigures } from "./metrics/proxy_families.ts";
import type { Digest } from "./oci/digest.ts";
import { RegistryError } from "./oci/error.ts";
import type { RepositoryName } from "./oci/reference.ts";
import { NO_CACHE_METRICS } from "./proxy/cache_metrics.ts";
import { type Cache, createCache } from "./proxy/create_cache.ts";
import { Eviction } from "./proxy/eviction.ts";
import { type EvictionMetrics, noEvictionMetrics } from "./proxy/eviction_metrics.ts";
import { Expiry } from "./proxy/expiry.ts";
import { type FillMetrics, NO_FILL_METRICS } from "./proxy/fill_metrics.ts";
import { Forgetting } from "./proxy/forget.ts";
import { InUse } from "./proxy/in_use.ts";
import { markedStore } from "./proxy/marked_store.ts";
import { Namespaces } from "./proxy/namespaces.ts";
import { Reachability } from "./proxy/reachability.ts";
import { SCHEDULER_STATE, SchedulerState } from "./proxy/scheduler_state.ts";
import { noMetrics, type UpstreamMetrics } from "./proxy/upstream_metrics.ts";
import type { LocalRegistry } from "./registry/local_registry.ts";
import { Origins } from "./registry/origins.ts";
import type { Registry } from "./registry/registry.ts";
import { PathNotFoundError, type StorageDriver } from "./storage/driver.ts";
import { freeSpace } from "./storage/free_space.ts";

/** The cache, with all that keeps it in bounds. */
export interface AppCache {
  readonly registry: Registry;
  readonly names: NonNullable<ApiOptions["names"]>;
  /** To be called when no client is served any more. */
  close(): Promise<void>;
}

interface CacheDeps {
  readonly driver: StorageDriver;
  readonly local: LocalRegistry;
  readonly logger: Logger;
  /** Undefined: nobody asks for metrics. */
  readonly metrics?: ProxyFigures | undefined;
}

/** Undefined without `proxy`. Connects to nothing. @throws Error with a sentence, when a file of an upstream cannot be used */
export async function openCache(config: Config, deps: CacheDeps): Promise<AppCache | undefined> {
  const { proxy } = config;
  if (proxy === undefined) return undefined;
  const { driver, local, logger, metrics } = deps;
  const clock = systemClock;
  const owners = new Namespaces(proxy.upstreams.map((one) => ({ ...one, aliases: [] })));
  const ttl = (name: RepositoryName) => owners.owner(name)?.ttl;
  const state = SchedulerState.read(await stateOf(driver), ttl, { logger, clock });
  const origins = new Origins(driver, clock);
  const inUse = new InUse();
  const contents = new FetchedContents({
    driver,
    clock,
    isFetched: (name) => origins.isFetched(name),
    unlink: (name, digest) => unlink(local, name, digest),
    keep: 0,
    knownUse: (name, digest) => state.lastUse(name, digest),
  });
  const reach = new Reachability();
  const forgetting = new Forgetting(contents, logger);
  const cache = createCache(proxy, {
    local: countingRegistry(local, inUse),
    store: markedStore(local.cache, origins, inUse),
    clock,
    logger,
    metrics: metrics?.cache ?? NO_CACHE_METRICS,
    fillMetrics: countFills(
      metrics?.fills ?? NO_FILL_METRICS,
      (bytes) => limits.eviction.added(bytes),
    ),
    upstreamMetrics: (upstream) =>
      both(reach.metricsOf(upstream), metrics?.upstream(upstream) ?? noMetrics),
    marks: proxy.push.enabled ? origins : undefined,
    forgetting,
  });
  const limits = keepInBounds(config, proxy, cache, {
    ...{ contents, inUse, reach, logger, ttl },
    metrics: metrics?.eviction ?? noEvictionMetrics,
  });
  const abort = new AbortController();
  const begun = begin({ driver, origins, state, signal: abort.signal }).then(() => {
    if (abort.signal.aborted) return;
    limits.expiry.start();
    limits.eviction.start();
  }).catch((error) => {
    if (!abort.signal.aborted) {
      logger.error("cannot look after the cache", { error: String(error) });
    }
  });
  return {
    registry: cache.registry,
    names: cache.names,
    close: async () => {
      abort.abort();
      await begun;
      await Promise.all([limits.expiry.close(), limits.eviction.close()]);
      await cache.close();
      await forgetting.close();
    },
  };
}

interface BoundParts {
  readonly contents: FetchedContents;
  readonly inUse: InUse;
  readonly reach: Reachability;
  readonly logger: Logger;
  readonly ttl: (repository: RepositoryName) => number | undefined;
  readonly metrics: EvictionMetrics;
}

function keepInBounds(
  { storage: { driver } }: Config,
  proxy: ProxyConfig,
  { upstreams }: Cache,
  { contents, inUse, reach, logger, ttl, metrics }: BoundParts,
): { readonly expiry: Expiry; readonly eviction: Eviction } {
  const namespaces = new Namespaces(upstreams);
  const lives = proxy.upstreams.map((one) => one.ttl).filter((life) => life > 0);
  const common = {
    contents,
    isBusy: (image: Parameters<InUse["isBusy"]>[0]) => inUse.isBusy(image),
    clock: systemClock,
    timers: systemTimers,
    logger,
    metrics,
  };
  const expiry = new Expiry({
    ...common,
    ttl,
    shortestTtl: lives.length === 0 ? 0 : Math.min(...lives),
    isReachable: (name) => reach.isReachable(namespaces.owner(name)?.upstream.name ?? ""),
  });
  const eviction = new Eviction({
    ...common,
    maxsize: proxy.maxsize,
    minfreespace: proxy.minfreespace,
    freeSpace: () =>
      driver.name === "filesystem" ? freeSpace(driver.rootdirectory) : Promise.resolve(undefined),
  });
  return { expiry, eviction };
}

/** Finishes what a process that died left half done, and takes over what another registry has cached here. */
async function begin({ driver, origins, state, signal }: {
  readonly driver: StorageDriver;
  readonly origins: Origins;
  readonly state: SchedulerState;
  readonly signal: AbortSignal;
}): Promise<void> {
  await finishGenerations({ driver, clock: systemClock, keep: 0, grace: 0, signal });
  for (const repository of state.repositories()) {
    if (signal.aborted) return;
    await origins.adopt(repository);
  }
}

async function stateOf(driver: StorageDriver): Promise<Uint8Array | undefined> {
  try {
    return await driver.getContent(SCHEDULER_STATE);
  } catch (error) {
    if (error instanceof PathNotFoundError) return undefined;
    throw error;
  }
}

async function unlink(local: Registry, name: RepositoryName, digest: Digest): Promise<void> {
  try {
    await local.repository(name).manifests.delete({ kind: "digest", digest });
  } catch (error) {
    if (!(error instanceof RegistryError && error.code === "MANIFEST_UNKNOWN")) throw error;
  }
}

/** The local registry, of which open blobs are known to be in use. */
function countingRegistry(local: Registry, inUse: InUse): Registry {
  return {
    repository: (name) => inUse.counting(local.repository(name)),
    repositories: (page, sight) => local.repositories(page, sight),
  };
}

/** @param added told of bytes that are kept */
function countFills(metrics: FillMetrics, added: (bytes: number) => void): FillMetrics {
  return {
    ...metrics,
    ended: (upstream, outcome, bytes, seconds) => {
      metrics.ended(upstream, outcome, bytes, seconds);
      if (outcome === "kept") added(bytes);
    },
  };
}

/** Tells two who want to know. */
function both(one: UpstreamMetrics, other: UpstreamMetrics): UpstreamMetrics {
  const each = [one, other];
  return {
    answered: (...figures) => each.forEach((it) => it.answered(...figures)),
    failed: (...figures) => each.forEach((it) => it.failed(...figures)),
    breaker: (open) => each.forEach((it) => it.breaker(open)),
    rateLimit: (limit) => each.forEach((it) => it.rateLimit(limit)),
    credentialsRefused: () => each.forEach((it) => it.credentialsRefused()),
  };
}
