import type { AccessController } from "../auth/access_controller.ts";
import type { Exchange } from "../http/exchange.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Registry } from "../registry/registry.ts";
import type { FindName } from "./client_names.ts";
import type { Switch } from "./switch.ts";

/** What the API is made of and how it is configured. */
export interface ApiOptions {
  readonly registry: Registry;
  readonly access: AccessController;
  /** `storage.delete.enabled`: without it every DELETE of content is 405 UNSUPPORTED. */
  readonly deleteEnabled: boolean;
  /** `storage.maintenance.readonly.enabled`, or turned on since: methods that write do not exist. */
  readonly readOnly: Switch;
  /** A registry without any repository: what a caller sees of one that it may not see. */
  readonly nothing: Registry;
  readonly metrics: Metrics;
  /** What clients call the repositories of other registries; absent: every name is as it is kept. */
  readonly names?: FindName | undefined;
  /** `http.prefix`: `/foo/` and `/foo` alike. */
  readonly prefix: string;
  /** `http.headers`, added to every answer on a route. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  /** `catalog.maxentries`: the longest page of `_catalog`. */
  readonly catalogMaxEntries: number;
  /** `tags.maxtags`: the longest page of `tags/list`, when the client asks for pages. */
  readonly tagsMax: number;
  /**
   * The Location to answer with, by `http.host`, `http.relativeurls` and the request.
   * @param path begins with `/v2/`, without the prefix
   */
  readonly location: (exchange: Exchange, path: string) => string;
}
