import type { RateLimit } from "./rate_limit.ts";
import type { UpstreamFailure } from "./upstream.ts";

/** What was asked for. */
export type Question = "manifest" | "blob" | "tags" | "referrers";

/** What an upstream's client tells of itself; the one who makes the client knows which upstream it is. */
export interface UpstreamMetrics {
  /** The head of the last answer to a question came, redirects and tokens included. @param milliseconds since it was asked */
  answered(question: Question, status: number, milliseconds: number): void;
  /** There was no answer, or none that can be used. */
  failed(question: Question, kind: UpstreamFailure): void;
  /** Whether its circuit breaker lets nobody through. */
  breaker(open: boolean): void;
  rateLimit(limit: RateLimit): void;
  credentialsRefused(): void;
}

export const noMetrics: UpstreamMetrics = {
  answered: () => {},
  failed: () => {},
  breaker: () => {},
  rateLimit: () => {},
  credentialsRefused: () => {},
};
