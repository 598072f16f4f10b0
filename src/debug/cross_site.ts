import type { Exchange } from "../http/exchange.ts";

/**
 * Whether a browser sent it for a page: browsers tell of every POST and PUT where it comes from, and let no page leave that out. The
 * debug server has no pages of its own, so that any such request is somebody else's page reaching for it (a name that was bound
 * to this address anew makes it look like the same site).
 */
export function isFromPage(exchange: Exchange): boolean {
  return exchange.header("origin") !== undefined || exchange.header("sec-fetch-site") !== undefined;
}
