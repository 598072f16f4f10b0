import type { Exchange } from "../http/exchange.ts";

/** `http.headers`, ready to be added to answers. */
export interface ConfiguredHeaders {
  /** All of them, for answers on a route. */
  addAll(exchange: Exchange): void;
  /** Those that a browser needs to hand an answer to a page of another origin: for redirects, and where there is no route. */
  addCors(exchange: Exchange): void;
}

type Header = readonly [name: string, values: readonly string[]];

const ALLOW_ORIGIN = "access-control-allow-origin";

/**
 * They go out as they are configured, but for one: browsers refuse an Access-Control-Allow-Origin with several values, so of several
 * origins the answer names the one that asks (Fetch standard, CORS check), and the caches on the way are told that it depends on that.
 */
export function configureHeaders(
  headers: Readonly<Record<string, readonly string[]>>,
): ConfiguredHeaders {
  const all = Object.entries(headers);
  const plain = all.filter(([name]) => name.toLowerCase() !== ALLOW_ORIGIN);
  const origins = all.filter(([name]) => name.toLowerCase() === ALLOW_ORIGIN)
    .flatMap(([, values]) => values.flatMap((value) => value.split(/[\s,]+/)))
    .filter((origin) => origin !== "");
  const addOrigin = originAdder(origins, plain);
  const cors = plain.filter(([name]) => name.toLowerCase().startsWith("access-control-"));
  const adder = (listed: readonly Header[]) => (exchange: Exchange) => {
    for (const [name, values] of listed) exchange.addHeader(name, values);
    addOrigin(exchange);
  };
  return { addAll: adder(plain), addCors: adder(cors) };
}

/** @param others whose Vary need not be said twice */
function originAdder(
  origins: readonly string[],
  others: readonly Header[],
): (exchange: Exchange) => void {
  const [first] = origins;
  if (first === undefined) return () => {};
  const isAny = origins.includes("*");
  const varies = !(isAny && origins.length === 1) && !others.some(isVaryOrigin);
  return (exchange) => {
    const asking = exchange.header("origin");
    const named = origins.length === 1
      ? first
      : origins.find((origin) => origin === asking) ?? (isAny ? "*" : undefined);
    if (named !== undefined) exchange.addHeader("Access-Control-Allow-Origin", named);
    if (varies) exchange.addHeader("Vary", "Origin");
  };
}

function isVaryOrigin([name, values]: Header): boolean {
  return name.toLowerCase() === "vary" && values.some((value) => /(^|[\s,])origin\b/i.test(value));
}
