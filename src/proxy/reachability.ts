import type { UpstreamFailure } from "./upstream.ts";
import { noMetrics, type UpstreamMetrics } from "./upstream_metrics.ts";

/** What says that content could not be fetched again now. */
const OUT_OF_REACH: ReadonlySet<UpstreamFailure> = new Set([
  "unreachable",
  "timeout",
  "failing",
  "open",
  "limited",
  "denied",
]);

/**
 * Which upstreams have answered when they were last asked, by what their clients tell. Of one that has not been asked yet nobody knows:
 * it counts as out of reach, so that nothing is thrown away that may be the last copy.
 */
export class Reachability {
  readonly #reached = new Set<string>();

  isReachable(upstream: string): boolean {
    return this.#reached.has(upstream);
  }

  metricsOf(upstream: string): UpstreamMetrics {
    return {
      ...noMetrics,
      answered: (_question, status) => {
        if (status < 500 && status !== 429 && status !== 401 && status !== 403) {
          this.#reached.add(upstream);
        }
      },
      failed: (_question, kind) => {
        if (OUT_OF_REACH.has(kind)) this.#reached.delete(upstream);
      },
      breaker: (open) => {
        if (open) this.#reached.delete(upstream);
      },
    };
  }
}
