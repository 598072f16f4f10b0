import { BLOBS } from "./golden/blobs.ts";
import { CORNERS } from "./golden/corners.ts";
import type { GoldenExchange } from "./golden/exchange.ts";
import { DELETES, LISTINGS } from "./golden/listings.ts";
import { PULLS, PUSHES } from "./golden/manifests.ts";
import { REGISTRY2 } from "./golden/registry2.ts";
import { NOTHING_THERE, ROUTES } from "./golden/routes.ts";
import { OTHER_SETUPS } from "./golden/setups.ts";
import { UPLOADS } from "./golden/uploads.ts";

/** The versions of distribution whose answers are written down. */
export type Original = "registry3" | "registry2";

/**
 * reference/http.md, "Golden exchanges", each list in an order in which every exchange finds what it needs. Those of an unhealthy
 * registry and of a proxy wait for health checks and for the proxy.
 */
export const GOLDEN_EXCHANGES: Readonly<Record<Original, readonly GoldenExchange[]>> = {
  /** distribution 3.1.2, in all setups. */
  registry3: [
    ...ROUTES,
    ...NOTHING_THERE,
    ...UPLOADS,
    ...BLOBS,
    ...PUSHES,
    ...PULLS,
    ...LISTINGS,
    ...DELETES,
    ...CORNERS,
    ...OTHER_SETUPS,
  ],
  /** distribution 2.8.2, what it answers otherwise than version 3. */
  registry2: REGISTRY2,
};
