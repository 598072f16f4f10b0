/** What an upstream says of its rate limit, in pulls of the window (Docker Hub: `ratelimit-limit: 100;w=21600`). */
export interface RateLimit {
  readonly limit: number;
  readonly remaining: number;
}

/** Undefined: it says nothing, which means no limit. */
export function readRateLimit(headers: Headers): RateLimit | undefined {
  const limit = count(headers.get("ratelimit-limit"));
  const remaining = count(headers.get("ratelimit-remaining"));
  return limit === undefined || remaining === undefined ? undefined : { limit, remaining };
}

function count(value: string | null): number | undefined {
  const digits = value?.match(/^\s*(\d{1,12})\s*(?:[;,]|$)/)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Says once that a limit is nearly used up, and again only when it had recovered in between. */
export class RateLimitWatch {
  #low = false;

  /** @returns whether it has just come down to a tenth */
  isNewlyLow({ limit, remaining }: RateLimit): boolean {
    const wasLow = this.#low;
    this.#low = limit > 0 && remaining * 10 <= limit;
    return this.#low && !wasLow;
  }
}

/** Seconds of a Retry-After, which has them or a date (RFC 9110 section 10.2.3). */
export function retryAfter(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  if (/^\s*\d{1,9}\s*$/.test(value)) return Number(value);
  const date = /^\s*[A-Z][a-z]{2}, \d/.test(value) ? Date.parse(value) : NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - now) / 1000));
}
