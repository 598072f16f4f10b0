import type { Exchange } from "../http/exchange.ts";
import { OCI_INDEX } from "../oci/media_type.ts";
import type { ApiOptions } from "./options.ts";
import { queryValue } from "./query.ts";
import type { RouteOf } from "./route.ts";
import { warningHeader } from "./warning.ts";

/** OCI distribution-spec, Listing Referrers: an index, empty when nothing is known of the subject or its repository. */
export async function getReferrers(
  api: ApiOptions,
  exchange: Exchange,
  { name, digest, query }: RouteOf<"referrers">,
): Promise<void> {
  const artifactType = queryValue(query, "artifactType") || undefined;
  const last = queryValue(query, "last") ?? "";
  const { referrers } = api.registry.repository(name);
  const { entries, next, warning } = await referrers.list(digest, { artifactType, last });
  const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: entries };
  const headers = {
    "Content-Type": OCI_INDEX,
    ...(artifactType !== undefined && { "OCI-Filters-Applied": "artifactType" }),
    ...warningHeader(warning),
    ...(next !== undefined && { Link: nextLink(exchange.target, next, artifactType) }),
  };
  await exchange.reply(200, headers, `${JSON.stringify(index)}\n`);
}

/** Relative, by the path that was asked for, and with its own filter, so that every page is filtered alike. */
function nextLink(target: string, last: string, artifactType?: string): string {
  const [path] = target.split("?", 1);
  const filter = artifactType === undefined
    ? ""
    : `artifactType=${encodeURIComponent(artifactType)}&`;
  return `<${path}?${filter}last=${encodeURIComponent(last)}>; rel="next"`;
}
