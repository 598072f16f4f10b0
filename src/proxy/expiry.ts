import type { Clock } from "../async/clock.ts";
import type { Timers } from "../async/timers.ts";
import type { Logger } from "../log/logger.ts";
import type { RepositoryName } from "../oci/reference.ts";
import type { CacheContents, CachedImage } from "./cache_contents.ts";
import type { EvictionMetrics } from "./eviction_metrics.ts";

/** Looks at least so often, and at most. In milliseconds. */
const LONGEST_REST = 60 * 60 * 1000;
const SHORTEST_REST = 10_000;
/** Images that go in one round of the collector. */
const AT_ONCE = 64;

export interface ExpiryOptions {
  readonly contents: CacheContents;
  /** From the last use on, in milliseconds, as configured now; 0: never; undefined: it belongs to no upstream any more. */
  readonly ttl: (repository: RepositoryName) => number | undefined;
  /** The shortest of all that are configured, 0 when there is none. */
  readonly shortestTtl: number;
  /** Whether it could be fetched again now, as far as that is known. */
  readonly isReachable: (repository: RepositoryName) => boolean;
  /** Whether somebody is reading or filling it. */
  readonly isBusy: (image: CachedImage) => boolean;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly metrics: EvictionMetrics;
}

/** Forgets what nobody has used for the time that its upstream's configuration gives. Starts with the first look, at once. */
export class Expiry {
  readonly #abort = new AbortController();
  #stopTimer: (() => void) | undefined;
  #running: Promise<void> | undefined;

  constructor(private readonly options: ExpiryOptions) {}

  start(): void {
    if (this.options.shortestTtl > 0) this.#ring();
  }

  /** One look at everything. Faults are logged: the next look is another try. */
  look(): Promise<void> {
    return this.#running ??= this.#look().finally(() => this.#running = undefined);
  }

  async close(): Promise<void> {
    this.#abort.abort();
    this.#stopTimer?.();
    await this.#running;
  }

  #ring(): void {
    void this.look().then(() => {
      if (this.#abort.signal.aborted) return;
      const { shortestTtl, timers } = this.options;
      const rest = Math.min(LONGEST_REST, Math.max(SHORTEST_REST, shortestTtl / 10));
      this.#stopTimer = timers.start(rest, () => this.#ring());
    });
  }

  async #look(): Promise<void> {
    const { contents, logger } = this.options;
    try {
      for await (const name of contents.repositories(this.#abort.signal)) await this.#lookAt(name);
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      logger.error("cannot look for expired images; trying again later", { error: String(error) });
    }
  }

  async #lookAt(repository: RepositoryName): Promise<void> {
    const { contents, ttl, isReachable, clock, logger } = this.options;
    const life = ttl(repository);
    if (life === undefined || life <= 0 || !isReachable(repository)) return;
    const before = clock.now() - life;
    try {
      const { images } = await contents.images(repository, this.#abort.signal, before);
      const expired = images.filter((image) => image.lastUse < before);
      for (let i = 0; i < expired.length; i += AT_ONCE) {
        await this.#forget(repository, expired.slice(i, i + AT_ONCE));
      }
    } catch (error) {
      this.#abort.signal.throwIfAborted();
      logger.error("cannot expire images of a repository", { repository, error: String(error) });
    }
  }

  async #forget(repository: RepositoryName, expired: readonly CachedImage[]): Promise<void> {
    const { contents, isBusy, isReachable, metrics, logger } = this.options;
    // Upstream may have gone down meanwhile, and readers may have come.
    const going = isReachable(repository) ? expired.filter((image) => !isBusy(image)) : [];
    if (going.length === 0) return;
    const { images, bytes } = await contents.forget(going, this.#abort.signal);
    metrics.evicted("ttl", images, bytes);
    logger.info("expired images were forgotten", { repository, images, bytes });
  }
}
