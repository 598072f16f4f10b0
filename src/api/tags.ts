import type { Exchange } from "../http/exchange.ts";
import { readPageQuery } from "../http/pagination.ts";
import { answerPage, badPageSize, pageAfter } from "./listing.ts";
import type { ApiOptions } from "./options.ts";
import type { RouteOf } from "./route.ts";

/** OCI distribution-spec, Listing Tags. Without `n` all of them, with it pages of at most `tagsMax`. */
export async function getTags(
  api: ApiOptions,
  exchange: Exchange,
  { name, asked, query }: RouteOf<"tags">,
): Promise<void> {
  const { n, nText, last } = readPageQuery(query);
  // distribution tells what Go made of it: the number, or 0 for what is none.
  if (Number.isNaN(n)) throw badPageSize(/^-\d+$/.test(nText) ? Number(nText) : 0);
  const limit = n === undefined ? undefined : Math.min(n, api.tagsMax);
  const listing = await api.registry.repository(name).tags.list({ limit, last });
  const body = { name: asked ?? name, tags: listing.entries };
  await answerPage(exchange, body, pageAfter(listing, limit), listing.warning);
}
