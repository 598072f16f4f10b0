import type { Clock } from "../async/clock.ts";
import type { Logger } from "../log/logger.ts";
import type { RepositoryName } from "../oci/reference.ts";
import type { UpstreamError } from "./upstream.ts";

/** The same of one upstream is told once in so long; metrics count each. */
const TOLD_EVERY_MS = 60_000;

/** Tells the log that upstreams cannot be asked, without a line for each request of an outage. */
export class FailureLog {
  /** By upstream and kind of failure, which are few. */
  readonly #toldAt = new Map<string, number>();

  constructor(private readonly logger: Logger, private readonly clock: Clock) {}

  /** @param about `ghcr.io/org/app:1`, and what became of it: `is served as cached` */
  tell(error: UpstreamError, repository: RepositoryName, about: string): void {
    const { upstream, kind, reason } = error;
    const key = `${upstream} ${kind}`;
    const now = this.clock.now();
    const age = now - (this.#toldAt.get(key) ?? -Infinity);
    const isNews = age < 0 || age >= TOLD_EVERY_MS;
    if (isNews) this.#toldAt.set(key, now);
    const line = `${upstream}: ${reason}; ${about}`;
    this.logger[isNews ? "warn" : "debug"](line, { upstream, kind, repository });
  }
}
