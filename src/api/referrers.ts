import type { Exchange } from "../http/exchange.ts";
import { OCI_INDEX } from "../oci/media_type.ts";
import type { ApiOptions } from "./options.ts";
import { queryValue } from "./query.ts";
import type { RouteOf } from "./route.ts";

/** OCI distribution-spec, Listing Referrers: an index, empty when nothing is known of the subject or its repository. */
export async function getReferrers(
  api: ApiOptions,
  exchange: Exchange,
  { name, digest, query }: RouteOf<"referrers">,
): Promise<void> {
  const artifactType = queryValue(query, "artifactType") || undefined;
  const manifests = await api.registry.repository(name).referrers.list(digest, artifactType);
  const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests };
  const filters = artifactType === undefined ? {} : { "OCI-Filters-Applied": "artifactType" };
  const headers = { "Content-Type": OCI_INDEX, ...filters };
  await exchange.reply(200, headers, `${JSON.stringify(index)}\n`);
}
