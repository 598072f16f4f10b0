import type { Exchange } from "./exchange.ts";
import { isHost } from "../oci/host_name.ts";
import { readForwarded } from "./forwarded.ts";

export interface LocationOptions {
  /** `http.host`: the URL by which clients reach the registry, "" when it isn't set. */
  readonly host: string;
  /** `http.relativeurls` */
  readonly relativeurls: boolean;
  /** `http.prefix`; `/foo/`, `/foo` and `foo` alike. */
  readonly prefix: string;
}

/**
 * How to tell a client where something is (distribution: registry/api/v2/urls.go). `http.host` wins over everything; with
 * `http.relativeurls` it is the path alone; else scheme and host are those of the request, as a reverse proxy forwards them. Other than
 * in distribution the prefix is kept in all three, unless `http.host` brings a path of its own, which then takes its place. Without a
 * usable Host it is the path alone, never what a header smuggled in.
 * @returns a function of the exchange and a path that begins with `/v2/`, without the prefix
 */
export function createLocation(
  { host, relativeurls, prefix }: LocationOptions,
): (exchange: Pick<Exchange, "header" | "secure">, path: string) => string {
  const root = withoutSlashes(prefix);
  const configured = readHost(host);
  if (configured !== undefined) {
    const base = configured.origin + (configured.path || root);
    return (_exchange, path) => base + path;
  }
  if (relativeurls) return (_exchange, path) => root + path;
  return (exchange, path) => requestOrigin(exchange) + root + path;
}

/** Whether `http.host` will be used: it needs a scheme, http or https. distribution ignores it in silence otherwise. */
export function isUsableHost(host: string): boolean {
  return readHost(host) !== undefined;
}

function readHost(
  host: string,
): { readonly origin: string; readonly path: string } | undefined {
  const url = URL.parse(host);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) return undefined;
  return { origin: url.origin, path: withoutSlashes(url.pathname) };
}

/** `https://name:port` as the client sees it, "" when that isn't known. */
function requestOrigin(exchange: Pick<Exchange, "header" | "secure">): string {
  const forwarded = readForwarded(exchange);
  const host = forwarded.host ?? exchange.header("host");
  if (host === undefined || !isHost(host)) return "";
  return `${forwarded.scheme ?? (exchange.secure ? "https" : "http")}://${host}`;
}

/** `/a/b` of `/a/b/`, "" of `/`. */
function withoutSlashes(path: string): string {
  const inner = path.split("/").filter((part) => part !== "").join("/");
  return inner === "" ? "" : `/${inner}`;
}
