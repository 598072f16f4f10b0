import type { Clock } from "../async/clock.ts";
import type { Logger } from "../log/logger.ts";
import { asDigest, type Digest } from "../oci/digest.ts";
import { asRepositoryName, type RepositoryName } from "../oci/reference.ts";

/** Where registry:2 and 3 keep it, below the root of the storage. */
export const SCHEDULER_STATE = "/scheduler-state.json";
/** A million entries; more is no such file. */
const LARGEST = 256 * 1024 * 1024;

/** Shown in a warning, at most. */
const SHOWN = 3;

/**
 * What another cache has fetched into the tree, and when, as far as it recorded that: registry:2 and 3 keep an expiry date by
 * `repository@digest` (registry/proxy/scheduler/scheduler.go), which is the time of the fetch and their ttl.
 */
export class SchedulerState {
  readonly #uses = new Map<RepositoryName, Map<Digest, number>>();

  private constructor(private readonly now: number) {}

  /**
   * Reads the file's content. Whatever it holds is no reason to stop: one warning tells what was left out.
   * @param ttl in milliseconds, of the upstream to which the repository belongs; 0 or undefined: the entry tells no time
   */
  static read(
    content: Uint8Array | undefined,
    ttl: (repository: RepositoryName) => number | undefined,
    { logger, clock }: { readonly logger: Logger; readonly clock: Clock },
  ): SchedulerState {
    const state = new SchedulerState(clock.now());
    if (content === undefined) return state;
    const entries = parse(content);
    if (entries === undefined) {
      logger.warn(
        `cannot read ${SCHEDULER_STATE}: expected the JSON object of a registry's cache; when its content was fetched is taken from the files`,
      );
      return state;
    }
    const odd = Object.entries(entries).filter(([key, entry]) => !state.#add(key, entry, ttl));
    if (odd.length > 0) {
      logger.warn(`left out entries of ${SCHEDULER_STATE} that cannot be read`, {
        entries: odd.length,
        such_as: odd.slice(0, SHOWN).map(([key]) => key.slice(0, 100)).join(" "),
      });
    }
    return state;
  }

  /** Those of which something was fetched. */
  repositories(): Iterable<RepositoryName> {
    return this.#uses.keys();
  }

  /** When it was fetched, in milliseconds since 1970; undefined when that is not recorded. */
  lastUse(repository: RepositoryName, digest: Digest): number | undefined {
    return this.#uses.get(repository)?.get(digest);
  }

  #add(
    key: string,
    entry: unknown,
    ttl: (repository: RepositoryName) => number | undefined,
  ): boolean {
    const at = key.lastIndexOf("@");
    const repository = asRepositoryName(key.slice(0, Math.max(0, at)));
    const digest = asDigest(key.slice(at + 1));
    if (repository === undefined || digest === undefined) return false;
    const date = expiryOf(entry);
    if (date === undefined) return false;
    const uses = this.#uses.get(repository) ?? new Map<Digest, number>();
    this.#uses.set(repository, uses);
    const life = ttl(repository) ?? 0;
    // A ttl that was longer then must not keep it for longer than one that is given now.
    if (life > 0) uses.set(digest, Math.min(this.now, date - life));
    return true;
  }
}

function parse(content: Uint8Array): Record<string, unknown> | undefined {
  if (content.length > LARGEST) return undefined;
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(content));
    if (value === null) return {}; // registry:2 takes it for an empty one
    return typeof value === "object" && !Array.isArray(value)
      ? value as Record<string, unknown>
      : undefined;
  } catch {
    return undefined;
  }
}

/** In milliseconds since 1970. */
function expiryOf(entry: unknown): number | undefined {
  if (typeof entry !== "object" || entry === null || !("ExpiryData" in entry)) return undefined;
  const { ExpiryData: text } = entry;
  const date = typeof text === "string" ? Date.parse(text) : NaN;
  return Number.isNaN(date) ? undefined : date;
}
