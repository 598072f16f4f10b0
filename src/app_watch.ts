import { systemClock } from "./async/clock.ts";
import { parseAddress } from "./config/address.ts";
import type { Config } from "./config/config.ts";
import { createDebugApi, type ReadOnlySwitch } from "./debug/debug_api.ts";
import { startDebugServer } from "./debug/debug_server.ts";
import { createHealth, type RunningHealth } from "./health/create_health.ts";
import { systemProbes } from "./health/probes.ts";
import { storageCheck } from "./health/storage_check.ts";
import type { Logger } from "./log/logger.ts";
import { type Metrics, NO_METRICS } from "./metrics/metrics.ts";
import { openPrometheus, type Prometheus } from "./metrics/prometheus.ts";
import type { StorageDriver } from "./storage/driver.ts";

/** What is counted, and where that can be read. */
export interface Meters {
  readonly metrics: Metrics;
  /** Undefined when nobody can ask for them: then nothing is counted. */
  readonly prometheus: Prometheus | undefined;
}

export async function openMeters({ http, storage }: Config, version: string): Promise<Meters> {
  if (!http.debug?.prometheus.enabled) return { metrics: NO_METRICS, prometheus: undefined };
  const prometheus = await openPrometheus({ version, driver: storage.driver.name });
  return { metrics: prometheus.metrics, prometheus };
}

/** The checks of `health`, and the operator's switch. */
export function openHealth(config: Config, driver: StorageDriver, logger: Logger): RunningHealth {
  const { driver: storage } = config.storage;
  const folder = storage.name === "filesystem"
    ? { path: storage.rootdirectory, isFile: systemProbes.isFile }
    : undefined;
  return createHealth(config.health, {
    storage: storage.name,
    checkStorage: storageCheck(driver, folder),
    probes: systemProbes,
    logger,
  });
}

export interface DebugParts {
  readonly health: RunningHealth;
  readonly readOnly: ReadOnlySwitch;
  readonly prometheus: Prometheus | undefined;
  readonly logger: Logger;
  readonly onFault: (error: unknown, id?: string) => void;
}

/** Listens on `http.debug.addr`. @returns how it is stopped; undefined without such an address */
export async function openDebugServer(
  { http: { debug } }: Config,
  { health, readOnly, prometheus, logger, onFault }: DebugParts,
): Promise<(() => Promise<void>) | undefined> {
  if (debug === undefined) return undefined;
  const { host, port } = parseAddress(debug.addr);
  const api = createDebugApi({
    host,
    health,
    readOnly,
    logger,
    ...(prometheus && { metrics: { path: debug.prometheus.path, ...prometheus } }),
  });
  const parts = { host, port, clock: systemClock, logger, onFault };
  const listener = await startDebugServer(api, parts);
  return async () => {
    await listener.stop(DEBUG_GRACE_MS);
  };
}

/** What is asked there is answered at once. */
const DEBUG_GRACE_MS = 1_000;
