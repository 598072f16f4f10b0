import { createApi } from "./api/dispatch.ts";
import type { ApiOptions } from "./api/options.ts";
import { healthGate } from "./api/health_gate.ts";
import type { Switch } from "./api/switch.ts";
import type { AppLogs } from "./app_logs.ts";
import { systemClock } from "./async/clock.ts";
import type { AccessController } from "./auth/access_controller.ts";
import { parseAddress } from "./config/address.ts";
import type { Config, HttpConfig } from "./config/config.ts";
import type { Health } from "./health/health.ts";
import type { Address } from "./http/address.ts";
import type { Exchange, Handler } from "./http/exchange.ts";
import { createLocation } from "./http/location.ts";
import { createPipeline, type Outcome } from "./http/pipeline.ts";
import type { Metrics } from "./metrics/metrics.ts";
import type { Registry } from "./registry/registry.ts";

export interface HandlerParts {
  readonly registry: Registry;
  /** Without any repository. */
  readonly nothing: Registry;
  readonly names?: ApiOptions["names"];
  readonly access: AccessController;
  readonly readOnly: Switch;
  readonly health: Health;
  readonly metrics: Metrics;
  readonly logs: AppLogs;
}

/** What answers all requests on the registry's address. */
export function handlerOf(config: Config, parts: HandlerParts): Handler {
  const { health, metrics, logs } = parts;
  const api = createApi({
    ...parts,
    deleteEnabled: config.storage.delete.enabled,
    prefix: config.http.prefix,
    headers: config.http.headers,
    catalogMaxEntries: config.catalog.maxentries,
    tagsMax: config.tags.maxtags,
    location: createLocation(config.http),
  });
  return createPipeline(healthGate(api, health), {
    clock: systemClock,
    onEnd: (exchange, outcome) => {
      logs.completed(exchange, outcome);
      count(metrics, exchange, outcome);
    },
    onFault: (exchange, error) => logs.fault(error, exchange.id),
  });
}

function count(metrics: Metrics, exchange: Exchange, { status, durationMs }: Outcome): void {
  if (exchange.resource === undefined) return;
  metrics.requestEnded(exchange.resource, {
    method: exchange.method,
    status,
    seconds: durationMs / 1000,
    requestBytes: exchange.bytesReceived,
    responseBytes: exchange.bytesSent,
  });
}

export function addressOf(http: HttpConfig): Address {
  if (http.net === "unix") return { net: "unix", path: http.addr };
  const { host, port } = parseAddress(http.addr);
  return { net: "tcp", host, port };
}

export function limitsOf(http: HttpConfig) {
  return {
    headerTimeout: http.headertimeout,
    idleTimeout: http.idletimeout,
    bodyTimeout: http.bodytimeout,
    maxHeaderBytes: http.maxheaderbytes,
  };
}
