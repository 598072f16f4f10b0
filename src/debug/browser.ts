import type { Exchange } from "../http/exchange.ts";
import { isIpAddress } from "../http/forwarded.ts";

type Asked = Pick<Exchange, "header">;

/**
 * Whether a page in a browser may be what asks, under a name that somebody has bound anew to this address (DNS rebinding): then the
 * browser takes page and answer for one site, and lets the page read it. A browser tells by `Accept-Language` that it is one, which
 * no page can leave out (as it can Referer, and as browsers leave out Sec-Fetch-Site over plain HTTP). Prometheus, curl and probes
 * send none of these. Addresses and `localhost` cannot be bound anew, nor can the name that is listened on by somebody else.
 * @param host that is listened on; "" for all interfaces
 */
export function isRebound(exchange: Asked, host: string): boolean {
  return BROWSER_HEADERS.some((name) => exchange.header(name) !== undefined) &&
    !isOwnName(nameOf(exchange.header("host") ?? ""), host);
}

const BROWSER_HEADERS = ["accept-language", "origin", "referer", "sec-fetch-site"];

function isOwnName(name: string, host: string): boolean {
  return name === "localhost" || name === host.toLowerCase() || isIpAddress(name);
}

/** Of a Host header, without its port. */
function nameOf(host: string): string {
  return host.replace(/:\d*$/, "").replace(/^\[(.*)\]$/, "$1").toLowerCase();
}
