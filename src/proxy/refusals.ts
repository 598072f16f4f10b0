import { type ErrorCode, RegistryError } from "../oci/error.ts";
import type { UpstreamError, UpstreamFailure } from "./upstream.ts";

interface Refusal {
  readonly code: ErrorCode;
  readonly status: number;
  /** Longest Retry-After in seconds, when there is one. */
  readonly retryAfter?: number;
  readonly advice: string;
}

/** podman sits out each Retry-After, five times, before it asks another registry; nobody else reads it. */
const RETRY_AFTER = 5;

/**
 * What a client is told of an upstream that cannot be had, when nothing is cached that would do: the rows of the status table of
 * reference/pull_through.md 3. 502 and not 500, which containerd repeats on its last host; never 401, whose challenge would be ours.
 */
const REFUSALS: { readonly [K in UpstreamFailure]: Refusal } = {
  unreachable: { code: "UNAVAILABLE", status: 502, advice: "try again when it can be reached" },
  timeout: { code: "UNAVAILABLE", status: 504, advice: "try again later" },
  failing: { code: "UNAVAILABLE", status: 502, advice: "try again later" },
  open: {
    ...{ code: "UNAVAILABLE", status: 503, retryAfter: RETRY_AFTER },
    advice: "try again in some seconds",
  },
  limited: {
    ...{ code: "TOOMANYREQUESTS", status: 429, retryAfter: RETRY_AFTER },
    advice: "try again later, or give this cache an account there",
  },
  denied: {
    ...{ code: "DENIED", status: 403 },
    advice: "check the name, and the credentials that this cache has for it",
  },
  lying: { code: "UNAVAILABLE", status: 502, advice: "tell those who run it" },
};

/** What the client is answered. No cause goes with it: that would be a fault of ours in the log, once a request. */
export function refusalOf(error: UpstreamError): RegistryError {
  const { code, status, retryAfter, advice } = REFUSALS[error.kind];
  return new RegistryError(code, {
    status,
    detail: `Cannot get this from ${error.upstream}: ${error.reason}; ${advice}`,
    ...(retryAfter !== undefined && {
      headers: {
        "Retry-After": String(Math.min(error.options.retryAfter ?? Infinity, retryAfter)),
      },
    }),
  });
}

/** What goes with content that could not be compared with upstream's. */
export function warningOf({ upstream, reason }: UpstreamError): string {
  return `served from the cache, ${upstream} could not be asked whether it is still current: ${reason}`;
}
