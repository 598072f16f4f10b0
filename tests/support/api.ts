import { createApi } from "../../src/api/dispatch.ts";
import type { ApiOptions } from "../../src/api/options.ts";
import { anonymous } from "../../src/auth/anonymous.ts";
import type { Handler } from "../../src/http/exchange.ts";
import { NO_METRICS } from "../../src/metrics/metrics.ts";
import { RegistryError } from "../../src/oci/error.ts";
import { FakeExchange, type FakeRequest } from "./fake_exchange.ts";
import { FakeRegistry } from "./fake_registry.ts";

/** An API over a registry in memory that lets everybody do everything. */
export function fakeApi(
  options: Partial<ApiOptions> = {},
): { readonly registry: FakeRegistry; readonly api: Handler } {
  const registry = new FakeRegistry();
  const api = createApi({
    registry,
    access: anonymous,
    deleteEnabled: true,
    readOnly: { isOn: false },
    nothing: new FakeRegistry(),
    metrics: NO_METRICS,
    prefix: "",
    headers: {},
    catalogMaxEntries: 1000,
    tagsMax: 1000,
    location: (_exchange, path) => `http://test${path}`,
    ...options,
  });
  return { registry, api };
}

/** Runs one request, and renders a RegistryError as the pipeline does. */
export async function answer(
  api: Handler,
  request: FakeRequest | string,
): Promise<FakeExchange> {
  const exchange = new FakeExchange(typeof request === "string" ? { target: request } : request);
  try {
    await api(exchange);
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    if (exchange.replied) return exchange.destroy(), exchange;
    const headers = { "Content-Type": "application/json", ...error.headers };
    await exchange.reply(
      error.status,
      headers,
      `${JSON.stringify({ errors: error.elements() })}\n`,
    );
  }
  return exchange;
}

/** The code of the first error of an answer. */
export function codeOf(exchange: FakeExchange): string {
  return JSON.parse(exchange.text).errors[0].code;
}
