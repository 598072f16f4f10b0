import type { Clock } from "../async/clock.ts";
import type { Logger } from "../log/logger.ts";
import type { RepositoryName } from "../oci/reference.ts";
import type { CircuitBreaker, Passage } from "./circuit_breaker.ts";
import { ConnectionSlots } from "./connection_slots.ts";
import type { Hops } from "./hops.ts";
import type { HttpAnswer } from "./http_answer.ts";
import { retryAfter } from "./rate_limit.ts";
import { UpstreamError, type UpstreamFailure } from "./upstream.ts";
import type { UpstreamLimits } from "./upstream_limits.ts";
import type { Question, UpstreamMetrics } from "./upstream_metrics.ts";
import { Watchdog } from "./watchdog.ts";

export interface Asked {
  readonly question: Question;
  readonly method: "GET" | "HEAD";
  readonly repository: RepositoryName;
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

export interface QuestionsOptions {
  readonly upstream: string;
  readonly hops: Hops;
  readonly breaker: CircuitBreaker;
  readonly limits: UpstreamLimits;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: UpstreamMetrics;
}

/** Asks an upstream: one of so many connections, the circuit breaker, and what became of it told to log and metrics. */
export class Questions {
  readonly #requests: ConnectionSlots;
  readonly #transfers: ConnectionSlots;

  constructor(private readonly options: QuestionsOptions) {
    this.#requests = new ConnectionSlots(options.limits.requests);
    this.#transfers = new ConnectionSlots(options.limits.transfers);
  }

  /** Does the work within a limit. @throws UpstreamError, or the reason of the signal */
  async within<T>(
    limit: number,
    outer: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    using watchdog = new Watchdog(outer);
    const reason = `it had not answered within ${limit / 1000} s`;
    watchdog.watch(limit, () => this.error("timeout", reason));
    return await work(watchdog.signal);
  }

  /**
   * The answer to a small question, which `use` may read; then it is over.
   * @throws UpstreamError for 403, 429 and most of 5xx, and what ask throws
   */
  async small<T>(asked: Asked, use: (answer: HttpAnswer) => Promise<T>): Promise<T> {
    const answer = await this.#ask(asked, this.#requests);
    try {
      return await use(answer);
    } catch (error) {
      throw this.tell(asked.question, error);
    } finally {
      await answer.discard();
    }
  }

  /** As small, for an answer that takes its time; who gets it must read or discard it. */
  transfer(asked: Asked): Promise<HttpAnswer> {
    return this.#ask(asked, this.#transfers);
  }

  /** Counts and logs what went wrong with an answer, once it was there. @returns the error, to be thrown */
  tell(question: Question, error: unknown): unknown {
    if (error instanceof UpstreamError) {
      const { upstream, kind, reason } = error;
      this.options.metrics.failed(question, kind);
      if (kind === "lying") this.options.logger.warn(`${upstream}: ${reason}`, { upstream, kind });
    }
    return error;
  }

  error(
    kind: UpstreamFailure,
    reason: string,
    options: UpstreamError["options"] = {},
  ): UpstreamError {
    return new UpstreamError(this.options.upstream, kind, reason, options);
  }

  async #ask(asked: Asked, slots: ConnectionSlots): Promise<HttpAnswer> {
    try {
      const passage = this.options.breaker.enter();
      if (passage === undefined) {
        throw this.error("open", "it has not answered for a while, and is left alone for now");
      }
      return await this.#askBy(passage, asked, slots);
    } catch (error) {
      throw this.tell(asked.question, error);
    }
  }

  async #askBy(passage: Passage, asked: Asked, slots: ConnectionSlots): Promise<HttpAnswer> {
    const watchdog = new Watchdog(asked.signal);
    let leave = () => {};
    const end = () => {
      leave();
      watchdog[Symbol.dispose]();
    };
    try {
      leave = await this.#enter(slots, asked.signal);
      const { head } = this.options.limits;
      const reason = `it had not answered within ${head / 1000} s`;
      watchdog.watch(head, () => this.error("timeout", reason));
      const answer = await this.#head(passage, { ...asked, signal: watchdog.signal });
      watchdog.pause();
      answer.onEnd(end);
      return answer;
    } catch (error) {
      end();
      throw error;
    } finally {
      passage.abandoned(); // unless something else was said of it
    }
  }

  async #enter(slots: ConnectionSlots, signal: AbortSignal): Promise<() => void> {
    using watchdog = new Watchdog(signal);
    const { firstByte } = this.options.limits;
    const waited = `${firstByte / 1000} s`;
    watchdog.watch(
      firstByte,
      () => this.error("timeout", `all ${slots.count} connections to it were busy for ${waited}`),
    );
    return await slots.take(watchdog.signal);
  }

  async #head(passage: Passage, asked: Asked): Promise<HttpAnswer> {
    const { hops, metrics } = this.options;
    const { question, method, url, repository, headers = {}, signal } = asked;
    const start = performance.now();
    try {
      const errand = { method, url, repository, headers, signal };
      const answer = await hops.run(errand, () => passage.succeeded());
      metrics.answered(question, answer.status, performance.now() - start);
      const failure = this.#failure(answer);
      if (failure === undefined) return answer;
      await answer.discard();
      throw failure;
    } catch (error) {
      if (error instanceof UpstreamError && isDown(error)) passage.failed();
      throw error;
    }
  }

  #failure(answer: HttpAnswer): UpstreamError | undefined {
    const { status, host, headers } = answer;
    if (status === 403 || status === 451) {
      return this.error("denied", `${host} answered ${status}: it denies access`, { status });
    }
    if (status === 429) {
      const after = retryAfter(headers.get("retry-after"), this.options.clock.now());
      return this.error("limited", `${host} answered 429: too many requests`, {
        status,
        ...(after !== undefined && { retryAfter: after }),
      });
    }
    // 501 says that it cannot do this, which those who ask know what to do about
    if (status < 500 || status === 501) return undefined;
    return this.error("failing", `${host} answered ${status}`, { status });
  }
}

/** Whether it is what a circuit breaker is for. */
function isDown({ kind, options }: UpstreamError): boolean {
  return kind === "unreachable" || kind === "timeout" ||
    (kind === "failing" && (options.status ?? 0) >= 500);
}
