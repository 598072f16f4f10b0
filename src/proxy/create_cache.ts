import { systemTimers, type Timers } from "../async/timers.ts";
import { Glob } from "../oci/glob.ts";
import type { RepositoryName } from "../oci/reference.ts";
import type { CacheParts } from "./cache_parts.ts";
import type { CachedUpstream } from "./cached_place.ts";
import { CachedRegistry } from "./cached_registry.ts";
import type { FillMetrics } from "./fill_metrics.ts";
import { Fills } from "./fills.ts";
import { createUpstream, type UpstreamDeps, type UpstreamOptions } from "./http_upstream.ts";
import { type NamedByClient, Namespaces } from "./namespaces.ts";
import type { Upstream } from "./upstream.ts";
import type { UpstreamMetrics } from "./upstream_metrics.ts";

/** The part of `proxy` that it is made of; ProxyConfig is one. */
export interface CacheConfig {
  /** No two with one namespace or host. */
  readonly upstreams: readonly CachedUpstreamConfig[];
}

export interface CachedUpstreamConfig extends Omit<UpstreamOptions, "name" | "limits"> {
  /** "" is the root: every name that no other one has. */
  readonly namespace: string;
  readonly ttl: number;
  readonly tagfreshness: number;
  readonly hosts: readonly string[];
  readonly library: boolean;
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

export interface CacheDeps extends Omit<CacheParts, "namespaces" | "timers" | "fills"> {
  readonly timers?: Timers;
  readonly fillMetrics: FillMetrics;
  /** By the name of the upstream. */
  readonly upstreamMetrics?: (upstream: string) => UpstreamMetrics;
  /** Default: over HTTP. */
  readonly open?: (options: UpstreamOptions, deps: UpstreamDeps) => Upstream;
}

export interface Cache {
  readonly registry: CachedRegistry;
  readonly upstreams: readonly CachedUpstream[];
  /** For ApiOptions.names. */
  names(
    named: NamedByClient,
  ): { readonly name: RepositoryName; readonly namespace?: string } | undefined;
  /** Ends fills and leaves upstreams alone. To be called when no client is served any more. */
  close(): Promise<void>;
}

/**
 * A registry over the local one that fetches what is missing. Connects to nothing.
 * @throws Error with one sentence, when the URL or a file of an upstream cannot be used
 */
export function createCache(config: CacheConfig, deps: CacheDeps): Cache {
  const upstreams: CachedUpstream[] = [];
  const close = () => upstreams.forEach(({ upstream }) => upstream.close());
  try {
    for (const one of config.upstreams) upstreams.push(openUpstream(one, config, deps));
  } catch (error) {
    close();
    throw error;
  }
  const namespaces = new Namespaces(upstreams);
  const { timers = systemTimers } = deps;
  const fills = new Fills({ ...deps, timers, metrics: deps.fillMetrics });
  const registry = new CachedRegistry({ ...deps, namespaces, timers, fills });
  return {
    registry,
    upstreams,
    names: (named) => {
      const found = namespaces.find(named);
      // as it is configured: of the client's text nothing goes into a header
      return found && { name: found.name, ...(named.ns && { namespace: named.ns.toLowerCase() }) };
    },
    close: async () => {
      await fills.close();
      close();
      await registry.idle();
    },
  };
}

function openUpstream(
  one: CachedUpstreamConfig,
  all: CacheConfig,
  { open = createUpstream, upstreamMetrics, clock, logger }: CacheDeps,
): CachedUpstream {
  const name = nameOf(one);
  const metrics = upstreamMetrics?.(name);
  const upstream = open({ ...one, name }, { clock, logger, ...(metrics && { metrics }) });
  const allow = one.allow.map((pattern) => new Glob(pattern));
  const deny = one.deny.map((pattern) => new Glob(pattern));
  return {
    ...one,
    upstream,
    aliases: aliasesOf(one, all),
    allows: (remote) =>
      (allow.length === 0 || allow.some((glob) => glob.matches(remote))) &&
      !deny.some((glob) => glob.matches(remote)),
  };
}

const DOCKER_HUB = "docker.io";

function nameOf({ namespace, remoteurl }: CachedUpstreamConfig): string {
  if (namespace !== "") return namespace;
  const host = hostOf(remoteurl);
  return host.endsWith(`.${DOCKER_HUB}`) ? DOCKER_HUB : host;
}

/**
 * What else `ns` may be: the host of a root upstream, which has no namespace, and docker.io for one where `redis` means
 * `library/redis`, Docker Hub or a mirror of it.
 */
function aliasesOf(one: CachedUpstreamConfig, { upstreams }: CacheConfig): readonly string[] {
  if (one.namespace !== "") return [];
  const names = [hostOf(one.remoteurl), ...(one.library ? [DOCKER_HUB] : [])];
  return names.filter((name) => !upstreams.some(({ namespace }) => namespace === name));
}

/** Lower case, with its port when it isn't the scheme's. */
function hostOf(url: string): string {
  return URL.parse(url)?.host ?? "";
}
