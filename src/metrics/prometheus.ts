import { type Clock, systemClock } from "../async/clock.ts";
import { EventLoopLag } from "./event_loop_lag.ts";
import { registerFamily } from "./family.ts";
import { HttpTallies } from "./http_families.ts";
import type { Metrics } from "./metrics.ts";
import { OperationTallies } from "./operation_families.ts";
import { processFamilies } from "./process_families.ts";
import { type ProxyFigures, ProxyTallies } from "./proxy_families.ts";
import { StorageTallies } from "./storage_families.ts";
import { type Watched, watchedFamilies } from "./watched_families.ts";

export interface PrometheusOptions {
  /** Of berth. */
  readonly version: string;
  /** By the name in the configuration. */
  readonly driver: "filesystem" | "inmemory";
  readonly clock?: Clock;
}

/** Metrics that Prometheus can ask for. */
export interface Prometheus {
  readonly metrics: Metrics;
  /** What the cache of upstreams counts; all of it stays at 0 without one. */
  readonly proxy: ProxyFigures;
  /** Adds what is to be asked of other parts; a later call wins over an earlier one of the same name. */
  watch(watched: Watched): void;
  /** Of what render gives. */
  readonly contentType: string;
  /** All metrics in Prometheus' text format. */
  render(): Promise<string>;
  /** Stops looking at the event loop. What was counted can still be rendered. */
  close(): void;
}

/**
 * Counts under the names of distribution, v3 where it differs from v2, and of ours under `berth_`. What a request costs is counted
 * in plain objects (0.1 us a request); the client library keeps names and labels in order and writes the text, and is loaded here,
 * so that who wants no metrics does not wait for it. Of distribution's, go_* is about Go alone, and notifications and redis come
 * with these features.
 */
export async function openPrometheus(options: PrometheusOptions): Promise<Prometheus> {
  const client = await import("@prometheus-io/client");
  const http = new HttpTallies();
  const storage = new StorageTallies(options.driver);
  const operation = new OperationTallies(options.clock ?? systemClock);
  const proxy = new ProxyTallies();
  const lag = new EventLoopLag();
  let watched: Watched = {};
  const registry = new client.Registry();
  const families = [
    ...http.families(),
    ...storage.families(),
    ...operation.families(),
    ...proxy.families(),
    ...watchedFamilies(() => watched),
    lag.family(),
    ...processFamilies(options.version),
  ];
  for (const family of families) registerFamily(client, registry, family);
  lag.start();
  return {
    metrics: {
      requestStarted: (handler) => http.started(handler),
      requestEnded: (handler, figures) => http.ended(handler, figures),
      storageAction: (action, seconds) => storage.action(action, seconds),
      cacheLookup: (isHit) => storage.lookup(isHit),
      credentials: (outcome) => operation.credentials(outcome),
      reloaded: (what, isGood) => operation.reloaded(what, isGood),
      certificate: (path, expires) => operation.certificate(path, expires),
      handshakeFailed: () => operation.handshakeFailed(),
    },
    proxy: proxy.figures,
    watch: (more) => watched = { ...watched, ...more },
    contentType: registry.contentType,
    render: () => registry.metrics(),
    close: () => lag.stop(),
  };
}
