import { createApi } from "./api/dispatch.ts";
import { systemClock } from "./async/clock.ts";
import { anonymous } from "./auth/anonymous.ts";
import { parseAddress } from "./config/address.ts";
import type { Config, DriverConfig, HttpConfig, ValidationConfig } from "./config/config.ts";
import { type Address, addressText } from "./http/address.ts";
import type { Handler } from "./http/exchange.ts";
import { startListener } from "./http/listener.ts";
import { createLocation } from "./http/location.ts";
import { createPipeline } from "./http/pipeline.ts";
import { LocalRegistry } from "./registry/local_registry.ts";
import type { ManifestPolicy } from "./registry/manifest_policy.ts";
import type { Registry } from "./registry/registry.ts";
import { type AppLogs, openAppLogs } from "./app_logs.ts";
import type { StorageDriver } from "./storage/driver.ts";
import { FilesystemDriver } from "./storage/filesystem.ts";
import { MemoryDriver } from "./storage/memory.ts";

/** A server that answers. */
export interface RunningApp {
  /** `127.0.0.1:5000` with the real port, or the path of a unix socket. */
  readonly address: string;
  /** For clients; absent with a socket. */
  readonly url?: string;
  /**
   * Stops accepting, lets running exchanges finish, gives back everything.
   * @param graceMs for how long at most
   * @returns false when some exchanges had to be cut
   */
  stop(graceMs: number): Promise<boolean>;
  /** Resolves when it serves no more. */
  readonly closed: Promise<void>;
}

/** The composition root: the only place that names concrete drivers, access controllers and logs. Rejects when it cannot listen. */
export async function startApp(
  config: Config,
  { version }: { version: string },
): Promise<RunningApp> {
  const logs = openAppLogs(config, version);
  const driver = createDriver(config.storage.driver);
  const registry = new LocalRegistry({
    driver,
    policy: policyOf(config.validation),
    clock: systemClock,
  });
  const { promise: closed, resolve: close } = Promise.withResolvers<void>();
  const release = async () => {
    await registry.close();
    await driver.close();
    logs.close();
    close();
  };
  try {
    const address = addressOf(config.http);
    const listener = await startListener(
      { address, ...limitsOf(config.http), onFault: logs.fault },
      handlerOf(config, registry, logs),
    );
    return {
      address: addressText(listener.address),
      ...(listener.address.net === "tcp" && { url: `http://${addressText(listener.address)}` }),
      stop: async (graceMs) => {
        const inTime = await listener.stop(graceMs);
        await release();
        return inTime;
      },
      closed,
    };
  } catch (error) {
    await release();
    throw error;
  }
}

function handlerOf(config: Config, registry: Registry, logs: AppLogs): Handler {
  const api = createApi({
    registry,
    access: anonymous,
    deleteEnabled: config.storage.delete.enabled,
    readOnly: config.storage.maintenance.readonly.enabled,
    prefix: config.http.prefix,
    headers: config.http.headers,
    catalogMaxEntries: config.catalog.maxentries,
    tagsMax: config.tags.maxtags,
    location: createLocation(config.http),
  });
  return createPipeline(api, {
    clock: systemClock,
    onEnd: logs.completed,
    onFault: (exchange, error) => logs.fault(error, exchange.id),
  });
}

function createDriver(config: DriverConfig): StorageDriver {
  return config.name === "inmemory"
    ? new MemoryDriver()
    : new FilesystemDriver({ root: config.rootdirectory });
}

function addressOf(http: HttpConfig): Address {
  if (http.net === "unix") return { net: "unix", path: http.addr };
  const { host, port } = parseAddress(http.addr);
  return { net: "tcp", host, port };
}

function limitsOf(http: HttpConfig) {
  return {
    headerTimeout: http.headertimeout,
    idleTimeout: http.idletimeout,
    bodyTimeout: http.bodytimeout,
    maxHeaderBytes: http.maxheaderbytes,
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
