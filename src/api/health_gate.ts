import type { Health } from "../health/health.ts";
import type { Handler } from "../http/exchange.ts";
import { RegistryError } from "../oci/error.ts";

/**
 * While the server is unhealthy every request is answered 503, whatever it asks for, without the header of the API version
 * (distribution's health.Handler).
 */
export function healthGate(handler: Handler, health: Pick<Health, "isHealthy">): Handler {
  return (exchange) => health.isHealthy ? handler(exchange) : Promise.reject(unhealthy());
}

function unhealthy(): RegistryError {
  return new RegistryError("UNAVAILABLE", {
    detail: "health check failed: please see /debug/health",
  });
}
