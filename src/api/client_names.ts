import type { Exchange } from "../http/exchange.ts";
import { RegistryError } from "../oci/error.ts";
import { asRepositoryName, type RepositoryName } from "../oci/reference.ts";
import { queryValue } from "./query.ts";
import type { Route } from "./route.ts";

/** How a client names a repository. */
export interface NamedByClient {
  readonly name: RepositoryName;
  /** The `ns` parameter: the registry that the client means. */
  readonly ns: string | undefined;
  /** The Host header. */
  readonly host: string | undefined;
}

export interface KeptName {
  /** As the repository is kept: access rules, log and storage know it by this one. */
  readonly name: RepositoryName;
  /** What to answer as OCI-Namespace. */
  readonly namespace?: string;
}

/** Undefined: there is no such name here, and nobody is asked for it. */
export type FindName = (named: NamedByClient) => KeptName | undefined;

/**
 * The route with the name of the repository as it is kept (OCI distribution-spec, Registry Proxying).
 * @throws RegistryError NAME_UNKNOWN, upon which containerd takes the next host at once
 */
export function keptRoute(find: FindName, exchange: Exchange, route: Route): Route {
  if (!("name" in route)) return route;
  const { target } = exchange;
  const mark = target.indexOf("ns=");
  const ns = mark < 0 ? undefined : queryValue(target.slice(target.indexOf("?") + 1), "ns");
  const by = { ns: ns || undefined, host: exchange.header("host") };
  const { name: asked } = route;
  const kept = find({ name: asked, ...by });
  if (kept === undefined) throw new RegistryError("NAME_UNKNOWN", { detail: { name: asked } });
  const { name, namespace } = kept;
  if (namespace !== undefined) exchange.addHeader("OCI-Namespace", namespace);
  switch (route.kind) {
    case "tags":
      return { ...route, name, asked };
    case "uploadStart":
      return {
        ...route,
        name,
        query: mountQuery(route.query, (from) => find({ name: from, ...by })),
      };
    default:
      return { ...route, name };
  }
}

/** The query of an upload with the repository that a mount names as it is kept. */
function mountQuery(
  query: string,
  find: (from: RepositoryName) => KeptName | undefined,
): string {
  const from = asRepositoryName(queryValue(query, "from") ?? "");
  if (from === undefined) return query;
  const parameters = new URLSearchParams(query);
  const kept = find(from);
  if (kept !== undefined) parameters.set("from", kept.name);
  else parameters.delete("mount"); // there can't be such a repository: the client uploads
  return parameters.toString();
}
