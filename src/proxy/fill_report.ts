import type { FillOutcome } from "./fill_metrics.ts";
import type { FillParts, FillRequest } from "./fill_parts.ts";

/** How a fill ended. */
export interface FillEnd {
  readonly outcome: FillOutcome;
  /** One sentence, when it did not end well. */
  readonly reason?: string;
}

export interface FillFigures extends FillEnd {
  /** That came from upstream. */
  readonly bytes: number;
  /** In milliseconds. */
  readonly duration: number;
  /** Clients that had a part in it. */
  readonly sharers: number;
}

/** Of a fill that is over, one line in the log, and metrics. */
export function reportFill(
  { upstream, kept, digest }: FillRequest,
  { logger, metrics }: FillParts,
  { outcome, reason, bytes, duration, sharers }: FillFigures,
): void {
  metrics.ended(upstream.name, outcome, bytes, duration / 1000);
  const fields = {
    upstream: upstream.name,
    repository: kept,
    digest,
    bytes,
    duration,
    sharers,
    ...(reason !== undefined && { reason }),
  };
  switch (outcome) {
    case "kept":
      return logger.info("blob fetched", fields);
    case "abandoned":
      return logger.info("blob given up, since nobody waits for it", fields);
    case "relayed":
      return logger.warn("blob passed on without being kept", fields);
    case "failed":
    case "lying":
      return logger.warn("blob not fetched", fields);
  }
}
