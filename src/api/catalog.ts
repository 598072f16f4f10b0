import type { Grant } from "../auth/access_controller.ts";
import type { Exchange } from "../http/exchange.ts";
import { readPageQuery } from "../http/pagination.ts";
import type { ApiOptions } from "./options.ts";
import { answerPage, badPageSize, pageAfter } from "./listing.ts";
import type { RouteOf } from "./route.ts";

/** Entries of a page when the client doesn't say (distribution's defaultReturnedEntries). */
const DEFAULT_ENTRIES = 100;

/** Repositories that hold manifests and that the caller may see, at most `catalogMaxEntries` a page. */
export async function getCatalog(
  api: ApiOptions,
  exchange: Exchange,
  { query }: RouteOf<"catalog">,
  grant: Grant,
): Promise<void> {
  const page = readPageQuery(query);
  const n = page.n ?? Math.min(DEFAULT_ENTRIES, api.catalogMaxEntries);
  if (Number.isNaN(n)) throw badPageSize(page.nText);
  if (n > api.catalogMaxEntries) throw badPageSize(n);
  const listing = await api.registry.repositories({ limit: n, last: page.last }, grant.sight);
  await answerPage(exchange, { repositories: listing.entries }, pageAfter(listing, n));
}
