import type { Exchange, ReplyHeaders } from "../http/exchange.ts";
import { nextPageLink } from "../http/pagination.ts";
import { RegistryError } from "../oci/error.ts";
import type { Listing } from "../registry/registry.ts";
import { warningHeader } from "./warning.ts";

const JSON_HEADERS: ReplyHeaders = { "Content-Type": "application/json" };

/**
 * A page of a list as JSON, with a Link to the next one (OCI distribution-spec, Listing Tags).
 * @param next where the next page starts; undefined when there is none
 * @param warning why it may not be what holds now
 */
export function answerPage(
  exchange: Exchange,
  body: object,
  next: { readonly last: string; readonly n: number } | undefined,
  warning?: string,
): Promise<void> {
  const text = `${JSON.stringify(body)}\n`;
  const headers = { ...JSON_HEADERS, ...warningHeader(warning) };
  if (next === undefined) return exchange.reply(200, headers, text);
  // The path as it was asked for, so that a prefix stays in it.
  const [path = ""] = exchange.target.split("?", 1);
  const link = nextPageLink(path, next.last, next.n);
  return exchange.reply(200, { ...headers, Link: link }, text);
}

/** Where the page after this one starts, if there is one that the client can ask for. */
export function pageAfter(
  { entries, more }: Listing<string>,
  n: number | undefined,
): { readonly last: string; readonly n: number } | undefined {
  const last = entries.at(-1);
  return more && last !== undefined && n !== undefined ? { last, n } : undefined;
}

/** @param n what the client is told that it asked for, by distribution a number for some and its text for others */
export function badPageSize(n: number | string): RegistryError {
  return new RegistryError("PAGINATION_NUMBER_INVALID", { detail: { n } });
}
