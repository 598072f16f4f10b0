import type { Action, Grant } from "../auth/access_controller.ts";
import type { Exchange } from "../http/exchange.ts";
import { deleteBlob, getBlob, headBlob } from "./blobs.ts";
import { getCatalog } from "./catalog.ts";
import { deleteManifest, getManifest, headManifest } from "./manifests.ts";
import type { ApiOptions } from "./options.ts";
import { answerPing } from "./ping.ts";
import { putManifest } from "./manifest_put.ts";
import { getReferrers } from "./referrers.ts";
import type { Route, RouteKind, RouteOf } from "./route.ts";
import { getTags } from "./tags.ts";
import { startUpload } from "./upload_start.ts";
import { cancelUpload, finishUpload, getUpload, noUpload, patchUpload } from "./uploads.ts";

/** Answers one exchange on a route that the caller has been granted; throws RegistryErrors. */
export type RouteHandler<R extends Route> = (
  api: ApiOptions,
  exchange: Exchange,
  route: R,
  grant: Grant,
) => Promise<void>;

export interface Endpoint<R extends Route> {
  /** What the caller must be granted first. `push` asks for pull too, `delete` is refused while deletes are off. */
  readonly action: Action;
  readonly handle: RouteHandler<R>;
}

export type Method = "DELETE" | "GET" | "HEAD" | "PATCH" | "POST" | "PUT";

/** The methods of a route, or one endpoint for whatever method. */
export type Methods<R extends Route> =
  | { readonly [M in Method]?: Endpoint<R> }
  | { readonly anyMethod: Endpoint<R> };

export type RouteTable = { readonly [K in RouteKind]: Methods<RouteOf<K>> };

/** Every route with its methods; what isn't here is answered 404 or 405. */
export const ROUTE_TABLE: RouteTable = {
  // As distribution: every method, OPTIONS too, and no Allow.
  ping: { anyMethod: { action: "ping", handle: answerPing } },
  catalog: { GET: { action: "catalog", handle: getCatalog } },
  tags: { GET: { action: "pull", handle: getTags } },
  manifest: {
    GET: { action: "pull", handle: getManifest },
    HEAD: { action: "pull", handle: headManifest },
    PUT: { action: "push", handle: putManifest },
    DELETE: { action: "delete", handle: deleteManifest },
  },
  blob: {
    GET: { action: "pull", handle: getBlob },
    HEAD: { action: "pull", handle: headBlob },
    DELETE: { action: "delete", handle: deleteBlob },
  },
  // distribution has one dispatcher for this and `upload`, so that other methods find no upload instead of being refused.
  uploadStart: {
    POST: { action: "push", handle: startUpload },
    GET: { action: "pull", handle: noUpload },
    HEAD: { action: "pull", handle: noUpload },
    PATCH: { action: "push", handle: noUpload },
    PUT: { action: "push", handle: noUpload },
    DELETE: { action: "push", handle: noUpload },
  },
  upload: {
    GET: { action: "pull", handle: getUpload },
    HEAD: { action: "pull", handle: getUpload },
    PATCH: { action: "push", handle: patchUpload },
    PUT: { action: "push", handle: finishUpload },
    // distribution wants the right to delete. Whoever may push may also leave it: no content goes, and `delete.enabled` has
    // never applied to it.
    DELETE: { action: "push", handle: cancelUpload },
  },
  referrers: { GET: { action: "pull", handle: getReferrers } },
};

/** One route's methods, ready for requests. */
export interface Row {
  /** For `Allow`; undefined where every method is answered. */
  readonly allow: string | undefined;
  endpoint(method: string): Endpoint<Route> | undefined;
}

/** @param readOnly leaves out what writes */
export function compileRoutes(
  table: RouteTable,
  readOnly: boolean,
): { readonly [K in RouteKind]: Row } {
  const row = (methods: Methods<never>) => compileRow(methods, readOnly);
  return {
    ping: row(table.ping),
    catalog: row(table.catalog),
    tags: row(table.tags),
    manifest: row(table.manifest),
    blob: row(table.blob),
    uploadStart: row(table.uploadStart),
    upload: row(table.upload),
    referrers: row(table.referrers),
  };
}

function compileRow(methods: Methods<never>, readOnly: boolean): Row {
  // The one cast: a row is only ever asked with a route of its own kind.
  const endpoints = new Map(Object.entries(methods)) as unknown as Map<string, Endpoint<Route>>;
  const any = endpoints.get("anyMethod");
  if (any !== undefined) return { allow: undefined, endpoint: () => any };
  for (const [method, { action }] of endpoints) {
    if (readOnly && (action === "push" || action === "delete")) endpoints.delete(method);
  }
  return {
    allow: [...endpoints.keys()].sort().join(", "),
    endpoint: (method) => endpoints.get(method),
  };
}
