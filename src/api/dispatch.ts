import type { Grant } from "../auth/access_controller.ts";
import type { Exchange, Handler } from "../http/exchange.ts";
import type { HandlerName } from "../metrics/metrics.ts";
import { RegistryError } from "../oci/error.ts";
import { accessesFor, refusalOf } from "./authorization.ts";
import { keptRoute } from "./client_names.ts";
import { configureHeaders } from "./configured_headers.ts";
import type { ApiOptions } from "./options.ts";
import {
  answerMethodNotAllowed,
  answerNotFound,
  answerRedirect,
  answerRoot,
} from "./plain_answer.ts";
import type { Route, RouteKind } from "./route.ts";
import { compileRoutes, type Endpoint, ROUTE_TABLE, type Row } from "./route_table.ts";
import { createRouter } from "./router.ts";
import { answerToken } from "./token.ts";

/** What metrics call the routes. */
const RESOURCES: { readonly [K in RouteKind]: HandlerName } = {
  ping: "base",
  catalog: "catalog",
  tags: "tags",
  manifest: "manifest",
  blob: "blob",
  uploadStart: "blob_upload",
  upload: "blob_upload_chunk",
  referrers: "referrers",
};

/** To whom nothing is shown. */
const BLIND: Grant = {
  granted: true,
  mayPull: () => false,
  sight: { sees: () => false, seesBelow: () => false },
};

/**
 * The registry's HTTP API: route, then authorization, then the handler. Nothing of a body is asked for before the caller has been
 * granted what the route table's action column says. Throws RegistryErrors for the pipeline to render.
 */
export function createApi(options: ApiOptions): Handler {
  const match = createRouter(options.prefix);
  const all = compileRoutes(ROUTE_TABLE, false);
  const reading = compileRoutes(ROUTE_TABLE, true);
  const configured = configureHeaders(options.headers);
  return (exchange) => {
    const matched = match(exchange.target);
    const target = matched?.kind === "token" && !options.access.issueToken ? undefined : matched;
    if (target?.kind === "root") return answerRoot(exchange);
    exchange.addHeader("Docker-Distribution-Api-Version", "registry/2.0");
    if (target === undefined || target.kind === "redirect") {
      configured.addCors(exchange);
      return target ? answerRedirect(exchange, target) : answerNotFound(exchange);
    }
    configured.addAll(exchange);
    if (target.kind === "token") return answerToken(options.access, exchange);
    // Before authorization, unlike distribution: nothing of the registry shows in it.
    if (target.kind === "rejected") return Promise.reject(target.error);
    exchange.resource = RESOURCES[target.kind];
    options.metrics.requestStarted(exchange.resource);
    const rows = options.readOnly.isOn ? reading : all;
    return answerRoute(options, rows[target.kind], exchange, target);
  };
}

async function answerRoute(
  api: ApiOptions,
  row: Row,
  exchange: Exchange,
  asked: Route,
): Promise<void> {
  // A browser sends no credentials with a preflight, and gives up when it gets distribution's 401.
  if (exchange.method === "OPTIONS") return await answerOptions(api, row, exchange, asked);
  // Whoever may do something may do it whichever way the repository is named.
  const route = api.names === undefined ? asked : keptRoute(api.names, exchange, asked);
  exchange.note(varsOf(route));
  const endpoint = row.endpoint(exchange.method);
  const accesses = accessesFor(endpoint?.action ?? "ping", route);
  const decided = api.access.authorize(exchange, accesses);
  const decision = decided instanceof Promise ? await decided : decided;
  if (decision.user !== undefined) exchange.note({ "auth.user.name": decision.user });
  if (!decision.granted) {
    if (decision.status === 404 && endpoint && isRead(exchange)) {
      return await answerNothing(api, endpoint, exchange, route);
    }
    throw await refusalOf(api.access, exchange, decision, accesses, route);
  }
  if (endpoint === undefined) return await answerMethodNotAllowed(exchange, row.allow ?? "");
  if (endpoint.action === "delete" && !api.deleteEnabled) throw deletesDisabled();
  await endpoint.handle(api, exchange, route, decision);
}

/**
 * A repository that the caller may not see: the handler itself answers, out of a registry that has none, so that no byte of it differs
 * from what is told of one that isn't there.
 */
function answerNothing(
  api: ApiOptions,
  endpoint: Endpoint<Route>,
  exchange: Exchange,
  route: Route,
): Promise<void> {
  return endpoint.handle({ ...api, registry: api.nothing }, exchange, route, BLIND);
}

function isRead({ method }: Exchange): boolean {
  return method === "GET" || method === "HEAD";
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
  if (any !== undefined) return any.handle(api, exchange, route, BLIND);
  return exchange.reply(200, { Allow: row.allow ?? "", "Content-Length": 0 });
}

/** The one gate in front of every DELETE of content, by tag too (CVE-2026-41888). */
function deletesDisabled(): RegistryError {
  return new RegistryError("UNSUPPORTED", {
    detail: "Cannot delete: deletes are off here, storage.delete.enabled turns them on",
  });
}
