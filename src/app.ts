import { openAppLogs } from "./app_logs.ts";
import { type Doors, openDoors } from "./app_doors.ts";
import { addressOf, handlerOf, limitsOf } from "./app_http.ts";
import { openDebugServer, openHealth, openMeters } from "./app_watch.ts";
import { systemClock } from "./async/clock.ts";
import type { Config, DriverConfig, ValidationConfig } from "./config/config.ts";
import type { ReadOnlySwitch } from "./debug/debug_api.ts";
import { addressText } from "./http/address.ts";
import { type Listener, startListener } from "./http/listener.ts";
import { LocalRegistry } from "./registry/local_registry.ts";
import type { ManifestPolicy } from "./registry/manifest_policy.ts";
import type { AppDeps, RunningApp } from "./running_app.ts";
import type { StorageDriver } from "./storage/driver.ts";
import { FilesystemDriver } from "./storage/filesystem.ts";
import { measured } from "./storage/measured_driver.ts";
import { MemoryDriver } from "./storage/memory.ts";

/**
 * The composition root: here and in the app_ files everything concrete is named and put together, in the order of what needs what, and
 * given back in the opposite one. Rejects when it cannot listen, or one of its files cannot be used.
 */
export async function startApp(
  config: Config,
  { version, inherited }: AppDeps,
): Promise<RunningApp> {
  await using opened = new AsyncDisposableStack();
  const logs = opened.adopt(openAppLogs(config, version), (logs) => logs.close());
  const { logger, fault: onFault } = logs;
  const { metrics, prometheus } = await openMeters(config, version);
  opened.defer(() => prometheus?.close());
  const driver = opened.adopt(createDriver(config.storage.driver), (driver) => driver.close());
  const registries = createRegistries(config, prometheus ? measured(driver, metrics) : driver, {
    onLookup: metrics.cacheLookup,
  });
  opened.defer(() => registries.registry.close());
  // only who has upstreams waits for what it takes to load this
  const cache = config.proxy && await (await import("./app_cache.ts")).openCache(config, {
    ...{ driver, local: registries.registry, logger },
    metrics: prometheus?.proxy,
  });
  opened.defer(() => cache?.close());
  const doors = opened.adopt(await openDoors(config, { logger, metrics }), (it) => it.close());
  const health = opened.adopt(openHealth(config, driver, logger), (health) => health.close());
  const readOnly = createSwitch(config.storage.maintenance.readonly.enabled);
  const parts = { health, readOnly, prometheus, logger, onFault };
  opened.adopt(await openDebugServer(config, parts), (stop) => stop?.());
  const handler = handlerOf(config, {
    ...registries,
    ...cache,
    access: doors.access,
    readOnly,
    health,
    metrics,
    logs,
  });
  const listener = await startListener(
    {
      address: addressOf(config.http),
      inherited,
      ...limitsOf(config.http),
      tls: doors.tls,
      onFault,
    },
    handler,
  );
  prometheus?.watch({
    load: () => listener.load(),
    healthy: () => health.isHealthy,
    readOnly: () => readOnly.isOn,
  });
  const release = opened.move();
  return running({ listener, doors, readOnly, release }, () => {
    health.setDown("the server is stopping", "shutdown");
  });
}

interface Running {
  readonly listener: Listener;
  readonly doors: Doors;
  readonly readOnly: ReadOnlySwitch;
  readonly release: AsyncDisposableStack;
}

/** @param turnDown tells load balancers, before connections are refused */
function running(
  { listener, doors, readOnly, release }: Running,
  turnDown: () => void,
): RunningApp {
  const { promise: closed, resolve: close } = Promise.withResolvers<void>();
  listener.lost.then(close);
  const { address } = listener;
  const scheme = doors.tls === undefined ? "http" : "https";
  return {
    address: addressText(address),
    ...(address.net === "tcp" && { url: `${scheme}://${addressText(address)}` }),
    stop: async (graceMs) => {
      turnDown();
      const inTime = await listener.stop(graceMs);
      await release.disposeAsync();
      close();
      return inTime;
    },
    reload: () => doors.reload(),
    toggleReadOnly: () => {
      readOnly.set(!readOnly.isOn);
      return readOnly.isOn;
    },
    closed,
  };
}

function createSwitch(isOn: boolean): ReadOnlySwitch {
  let on = isOn;
  return {
    get isOn() {
      return on;
    },
    set: (wanted) => void (on = wanted),
  };
}

function createDriver(config: DriverConfig): StorageDriver {
  return config.name === "inmemory"
    ? new MemoryDriver()
    : new FilesystemDriver({ root: config.rootdirectory });
}

/** The registry, and one without any repository: what is seen of what may not be seen. */
function createRegistries(
  config: Config,
  driver: StorageDriver,
  { onLookup }: { readonly onLookup: (isHit: boolean) => void },
) {
  const common = { policy: policyOf(config.validation), clock: systemClock };
  return {
    registry: new LocalRegistry({ driver, ...common, onLookup }),
    nothing: new LocalRegistry({ driver: new MemoryDriver(), ...common }),
  };
}

/**
 * `validation.disabled` turns off the rules for URLs and children, but not what `references` asks for (as distribution v3). Where
 * nothing that a manifest names has to be there, a URL in it is refused only by a rule that somebody has written.
 */
function policyOf({ disabled, manifests }: ValidationConfig): ManifestPolicy {
  const { platforms, platformlist } = manifests.indexes;
  const { allow, deny } = manifests.urls;
  const lenient = manifests.references === "none" && allow.length + deny.length === 0;
  return {
    references: manifests.references,
    children: disabled ? "none" : platforms === "list" ? platformlist : platforms,
    urls: disabled || lenient ? undefined : manifests.urls,
  };
}
