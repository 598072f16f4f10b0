import type { Clock } from "../async/clock.ts";
import type { Timers } from "../async/timers.ts";
import type { Logger } from "../log/logger.ts";
import type { CacheContents, CachedImage } from "./cache_contents.ts";
import type { EvictionMetrics, EvictionReason } from "./eviction_metrics.ts";
import { Inventory } from "./inventory.ts";

/** What is left after an eviction, of maxsize. */
const DOWN_TO = 0.9;
/** Between two looks at the disk, and after an eviction that could not free enough; in milliseconds. */
const LOOK_EVERY = 60_000;
/** Between two counts of the whole cache, which also see what other processes did. */
const COUNT_EVERY = 6 * 60 * 60 * 1000;
/** Images that go in one round of the collector. */
const AT_ONCE = 256;

export interface EvictionOptions {
  readonly contents: CacheContents;
  /** In bytes; undefined: no limit. */
  readonly maxsize: number | undefined;
  /** In bytes, of the file system; undefined: no limit. */
  readonly minfreespace: number | undefined;
  /** Bytes that the file system has left for us; undefined when it does not say. */
  readonly freeSpace: () => Promise<number | undefined>;
  /** Whether somebody is reading or filling it. */
  readonly isBusy: (image: CachedImage) => boolean;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly metrics: EvictionMetrics;
}

/** What has to go, and why. */
interface Excess {
  readonly bytes: number;
  readonly reason: EvictionReason;
}

/**
 * Keeps the cache within its limits by forgetting the images that were not used for longest. How large it is is counted once in the
 * background, then added up from what is fetched; each eviction counts anew, so that no error lasts.
 */
export class Eviction {
  readonly #abort = new AbortController();
  #stopTimer: (() => void) | undefined;
  #running: Promise<boolean> | undefined;
  /** As far as it is known. */
  #bytes: number | undefined;
  /** What was fetched while a count was under way. */
  #sinceCount = 0;
  #countedAt = -Infinity;
  /** An eviction that could not free enough is not tried again before this. */
  #restsUntil = -Infinity;

  constructor(private readonly options: EvictionOptions) {}

  start(): void {
    const { maxsize, minfreespace } = this.options;
    if (maxsize !== undefined || minfreespace !== undefined) this.#ring();
  }

  /** In bytes; undefined until it was counted. */
  get size(): number | undefined {
    return this.#bytes;
  }

  /** A blob or manifest was fetched and kept. */
  added(bytes: number): void {
    this.#sinceCount += bytes;
    if (this.#bytes === undefined) return;
    this.#bytes += bytes;
    this.options.metrics.size(this.#bytes);
    if (this.#bytes > (this.options.maxsize ?? Infinity)) void this.check();
  }

  /** Evicts what is too much. @returns whether the limits are kept now, as far as that is known */
  check(): Promise<boolean> {
    return this.#running ??= this.#check(0).finally(() => this.#running = undefined);
  }

  /** To be asked before something is fetched. @returns whether there is room for so many bytes, after an eviction if need be */
  async makeRoom(bytes: number): Promise<boolean> {
    const { minfreespace = 0, maxsize = Infinity } = this.options;
    if (bytes > maxsize) return false;
    if (await this.#excess(bytes) === undefined) return true;
    await this.#running;
    await (this.#running ??= this.#check(bytes).finally(() => this.#running = undefined));
    const free = await this.options.freeSpace();
    return (free === undefined || free - bytes >= minfreespace) &&
      (this.#bytes ?? 0) + bytes <= maxsize;
  }

  async close(): Promise<void> {
    this.#abort.abort();
    this.#stopTimer?.();
    await this.#running;
  }

  #ring(): void {
    void this.check().then(() => {
      if (this.#abort.signal.aborted) return;
      this.#stopTimer = this.options.timers.start(LOOK_EVERY, () => this.#ring());
    });
  }

  async #check(coming: number): Promise<boolean> {
    try {
      const now = this.options.clock.now();
      if (now - this.#countedAt >= COUNT_EVERY) await this.#count();
      if (await this.#excess(coming) === undefined) return true;
      if (now < this.#restsUntil) return false;
      await this.#evict(coming);
      const isEnough = await this.#excess(coming) === undefined;
      if (!isEnough) this.#restsUntil = now + LOOK_EVERY;
      return isEnough;
    } catch (error) {
      if (!this.#abort.signal.aborted) {
        this.#restsUntil = this.options.clock.now() + LOOK_EVERY;
        this.options.logger.error("cannot evict from the cache; trying again in a minute", {
          error: String(error),
        });
      }
      return false;
    }
  }

  /** What has to go now, which is more than what is too much: else the next blob would be too much again. */
  async #excess(coming: number): Promise<Excess | undefined> {
    const { maxsize, minfreespace, freeSpace } = this.options;
    const size = (this.#bytes ?? 0) + coming;
    if (maxsize !== undefined && size > maxsize) {
      return { bytes: size - maxsize * DOWN_TO, reason: "maxsize" };
    }
    const free = minfreespace === undefined ? undefined : await freeSpace();
    if (minfreespace === undefined || free === undefined) return undefined;
    if (free - coming >= minfreespace) return undefined;
    return { bytes: minfreespace * (2 - DOWN_TO) - (free - coming), reason: "minfreespace" };
  }

  async #count(): Promise<Inventory> {
    this.#sinceCount = 0;
    const { contents, logger, clock, metrics } = this.options;
    const inventory = await Inventory.take(contents, this.#abort.signal, logger);
    this.#bytes = inventory.bytes + this.#sinceCount; // some of it may be counted twice, until the next count
    this.#countedAt = clock.now();
    metrics.size(this.#bytes);
    return inventory;
  }

  async #evict(coming: number): Promise<void> {
    const inventory = await this.#count();
    const excess = await this.#excess(coming);
    if (excess === undefined) return;
    const { isBusy, logger, clock } = this.options;
    const began = clock.now();
    let images = 0;
    let bytes = 0;
    const going = inventory.leastUsed(excess.bytes, (image) => !isBusy(image));
    for (let batch = take(going); batch.length > 0; batch = take(going)) {
      const gone = await this.#forget(batch, excess.reason);
      images += gone.images;
      bytes += gone.bytes;
    }
    const fields = { reason: excess.reason, images, bytes, left: this.#bytes };
    if (bytes < excess.bytes * DOWN_TO) {
      logger.warn(
        "evicted less from the cache than its limits ask for: the rest is in use",
        fields,
      );
    } else logger.info("evicted from the cache", { ...fields, ms: clock.now() - began });
  }

  async #forget(batch: readonly CachedImage[], reason: EvictionReason) {
    const { contents, isBusy, metrics } = this.options;
    const idle = batch.filter((image) => !isBusy(image)); // readers may have come meanwhile
    const gone = await contents.forget(idle, this.#abort.signal);
    this.#bytes = Math.max(0, (this.#bytes ?? 0) - gone.bytes);
    metrics.evicted(reason, gone.images, gone.bytes);
    metrics.size(this.#bytes);
    return gone;
  }
}

function take(images: Generator<CachedImage>): CachedImage[] {
  const taken: CachedImage[] = [];
  while (taken.length < AT_ONCE) {
    const { value, done } = images.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}
