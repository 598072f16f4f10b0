import type { Clock } from "../../async/clock.ts";
import type { Logger } from "../../log/logger.ts";
import type { Metrics } from "../../metrics/metrics.ts";

const TELL_AGAIN_MS = 60_000;
/** Kinds of failures that are told apart in one line; the rest is counted as one. */
const MOST_REASONS = 8;

/** Counts handshakes that came to nothing, and makes one line of them a minute: whoever scans a network makes many. */
export class HandshakeFailures {
  readonly #reasons = new Map<string, number>();
  #toldAt = -Infinity;

  constructor(
    private readonly logger: Logger,
    private readonly metrics: Metrics,
    private readonly clock: Clock,
  ) {}

  /** @param reason in words without anything of this client alone */
  add(reason: string): void {
    this.metrics.handshakeFailed();
    const known = this.#reasons.has(reason) || this.#reasons.size < MOST_REASONS;
    const kind = known ? reason : "other reasons";
    this.#reasons.set(kind, (this.#reasons.get(kind) ?? 0) + 1);
  }

  /** To be called often. */
  look(): void {
    const now = this.clock.now();
    if (this.#reasons.size === 0 || Math.abs(now - this.#toldAt) < TELL_AGAIN_MS) return;
    this.#toldAt = now;
    const reasons = [...this.#reasons].sort(([, a], [, b]) => b - a);
    this.#reasons.clear();
    const count = reasons.reduce((sum, [, each]) => sum + each, 0);
    this.logger.warn(count === 1 ? "a TLS handshake failed" : `${count} TLS handshakes failed`, {
      reasons: reasons.map(([reason, each]) => `${reason} (${each})`).join("; "),
    });
  }
}
