import type { Exchange, Handler } from "../http/exchange.ts";
import { RegistryError } from "../oci/error.ts";
import { authorize } from "./authorization.ts";
import type { ApiOptions } from "./options.ts";
import {
  answerMethodNotAllowed,
  answerNotFound,
  answerRedirect,
  answerRoot,
} from "./plain_answer.ts";
import type { Route } from "./route.ts";
import { compileRoutes, ROUTE_TABLE, type Row } from "./route_table.ts";
import { createRouter } from "./router.ts";

/**
 * The registry's HTTP API: route, then authorization, then the handler. Nothing of a body is asked for before the caller has been
 * granted what the route table's action column says. Throws RegistryErrors for the pipeline to render.
 */
export function createApi(options: ApiOptions): Handler {
  const match = createRouter(options.prefix);
  const rows = compileRoutes(ROUTE_TABLE, options.readOnly);
  const configured = Object.entries(options.headers);
  return (exchange) => {
    const target = match(exchange.target);
    if (target?.kind === "root") return answerRoot(exchange);
    exchange.addHeader("Docker-Distribution-Api-Version", "registry/2.0");
    if (target === undefined) return answerNotFound(exchange);
    if (target.kind === "redirect") return answerRedirect(exchange, target);
    for (const [name, values] of configured) exchange.addHeader(name, values);
    // Before authorization, unlike distribution: nothing of the registry shows in it.
    if (target.kind === "rejected") return Promise.reject(target.error);
    return answerRoute(options, rows[target.kind], exchange, target);
  };
}

async function answerRoute(
  api: ApiOptions,
  row: Row,
  exchange: Exchange,
  route: Route,
): Promise<void> {
  // A browser sends no credentials with a preflight, and gives up when it gets distribution's 401.
  if (exchange.method === "OPTIONS") return await answerOptions(api, row, exchange, route);
  exchange.note(varsOf(route));
  const endpoint = row.endpoint(exchange.method);
  const user = await authorize(api.access, exchange, endpoint?.action ?? "ping", route);
  if (user !== undefined) exchange.note({ "auth.user.name": user });
  if (endpoint === undefined) return await answerMethodNotAllowed(exchange, row.allow ?? "");
  if (endpoint.action === "delete" && !api.deleteEnabled) throw deletesDisabled();
  await endpoint.handle(api, exchange, route);
}

/** What the log tells of a route, by distribution's names. */
function varsOf(route: Route): Record<string, string> {
  switch (route.kind) {
    case "ping":
    case "catalog":
      return {};
    case "manifest": {
      const { reference } = route;
      return {
        "vars.name": route.name,
        "vars.reference": reference.kind === "tag" ? reference.tag : reference.digest,
      };
    }
    case "blob":
    case "referrers":
      return { "vars.name": route.name, "vars.digest": route.digest };
    case "upload":
      return { "vars.name": route.name, "vars.uuid": route.id };
    default:
      return { "vars.name": route.name };
  }
}

function answerOptions(
  api: ApiOptions,
  row: Row,
  exchange: Exchange,
  route: Route,
): Promise<void> {
  const any = row.allow === undefined ? row.endpoint("OPTIONS") : undefined;
  if (any !== undefined) return any.handle(api, exchange, route);
  return exchange.reply(200, { Allow: row.allow ?? "", "Content-Length": 0 });
}

/** The one gate in front of every DELETE of content, by tag too (CVE-2026-41888). */
function deletesDisabled(): RegistryError {
  return new RegistryError("UNSUPPORTED", {
    detail: "Cannot delete: deletes are off here, storage.delete.enabled turns them on",
  });
}
