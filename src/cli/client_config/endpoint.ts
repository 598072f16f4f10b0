import { parseAddress } from "../../config/address.ts";
import type { HttpConfig } from "../../config/config.ts";

/** Where clients reach the registry. */
export interface Endpoint {
  readonly secure: boolean;
  /** `cache.example:5000`; without the port that the scheme has anyway. */
  readonly host: string;
  /** "" or `/foo`. */
  readonly prefix: string;
  /** Whether only this machine reaches it. */
  readonly isLoopback: boolean;
}

/** `https://cache.example:5000` */
export function urlOf({ secure, host }: Endpoint): string {
  return `${secure ? "https" : "http"}://${host}`;
}

/**
 * By what the user says (`HOST`, `HOST:PORT` or a URL of them), else http.host, else http.addr.
 * @throws Error with a sentence when it cannot be told
 */
export function endpointOf(http: HttpConfig, given: string | undefined): Endpoint {
  const known = http.host === "" ? undefined : URL.parse(http.host) ?? undefined;
  if (given === undefined && known !== undefined) return fromUrl(known, http.prefix);
  const scheme = known?.protocol ?? (http.tls === undefined ? "http:" : "https:");
  const text = given ?? addressIn(http);
  const url = URL.parse(/^https?:\/\//i.test(text) ? text : `${scheme}//${text}`);
  if (url === null || !/^[a-z0-9.:[\]-]+$/.test(url.host) || hasMore(url)) {
    throw new Error(`Cannot use --host ${text}: expected HOST or HOST:PORT, as clients reach it`);
  }
  return fromUrl(url, http.prefix);
}

function hasMore({ pathname, search, hash, username, password }: URL): boolean {
  return pathname !== "/" || `${search}${hash}${username}${password}` !== "";
}

function fromUrl({ protocol, host, hostname, pathname }: URL, prefix: string): Endpoint {
  const path = pathname.replace(/\/+$/, "");
  const isLoopback = hostname === "localhost" || hostname === "[::1]" ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname);
  return { secure: protocol === "https:", host, prefix: path || prefix, isLoopback };
}

function addressIn({ net, addr }: HttpConfig): string {
  const advice = "Give --host HOST:PORT, or set http.host";
  if (net === "unix") {
    throw new Error(
      `Cannot tell where clients reach it: it listens on the socket ${addr}. ${advice}`,
    );
  }
  const { host, port } = parseAddress(addr);
  if (["", "0.0.0.0", "::"].includes(host) || port === 0) {
    throw new Error(
      `Cannot tell by which name clients reach it: it listens on ${addr}. ${advice}`,
    );
  }
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
