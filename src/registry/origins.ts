import type { Clock } from "../async/clock.ts";
import { KeyedMutex } from "../async/keyed_mutex.ts";
import { CANONICAL } from "../oci/digest.ts";
import type { RepositoryName } from "../oci/reference.ts";
import type { StorageDriver } from "../storage/driver.ts";
import { FreshCache } from "./fresh_cache.ts";
import { originPath, revisionsPath } from "./layout.ts";
import { present } from "./trash.ts";

type Origin = "pushed" | "fetched";

/**
 * Where repositories below an upstream's names came from. One that a push has made is local, whole, for good; only what is known to
 * have been fetched may be evicted. Of a repository with neither mark (an older registry has written it) nothing is evicted: it may
 * hold the only copy of something.
 */
export class Origins {
  readonly #seen: FreshCache<boolean>;
  readonly #mutex = new KeyedMutex();

  constructor(private readonly driver: StorageDriver, clock: Clock) {
    this.#seen = new FreshCache(clock);
  }

  /** Whether a push has made it. At most a second old. */
  isLocal(name: RepositoryName): Promise<boolean> {
    return this.#has(name, "pushed");
  }

  /** Whether all that it holds can be fetched again. At most a second old. */
  async isFetched(name: RepositoryName): Promise<boolean> {
    return await this.#has(name, "fetched") && !await this.isLocal(name);
  }

  /**
   * To be called before the first answer to a push, durable when it resolves.
   * @returns false when the repository holds what was fetched, so that it cannot be local
   */
  claim(name: RepositoryName): Promise<boolean> {
    return this.#mutex.run(name, async () => {
      if (await this.isLocal(name)) return true;
      if (await this.#has(name, "fetched") && await this.#holdsManifests(name)) return false;
      await this.#mark(name, "pushed");
      return true;
    });
  }

  /** To be called before anything that was fetched is kept. */
  async noteFetched(name: RepositoryName): Promise<void> {
    if (await this.#has(name, "fetched")) return;
    await this.#mutex.run(name, async () => {
      if (await this.#has(name, "fetched") || await this.isLocal(name)) return;
      if (!await this.#holdsManifests(name)) await this.#mark(name, "fetched");
    });
  }

  /** Of what another cache has recorded as fetched. */
  async adopt(name: RepositoryName): Promise<void> {
    if (await this.#has(name, "fetched") || await this.isLocal(name)) return;
    if (await this.#holdsManifests(name)) await this.#mark(name, "fetched");
  }

  async #holdsManifests(name: RepositoryName): Promise<boolean> {
    const path = revisionsPath(name, CANONICAL);
    for (const hex of await present(() => this.driver.list(path)) ?? []) {
      if (await present(() => this.driver.stat(`${path}/${hex}/link`)) !== undefined) return true;
    }
    return false;
  }

  async #mark(name: RepositoryName, origin: Origin): Promise<void> {
    await this.driver.putContent(originPath(name, origin), new Uint8Array([49]));
    this.#seen.set(originPath(name, origin), true);
  }

  async #has(name: RepositoryName, origin: Origin): Promise<boolean> {
    const path = originPath(name, origin);
    const seen = this.#seen.get(path);
    if (seen !== undefined) return seen;
    const has = await present(() => this.driver.stat(path)) !== undefined;
    this.#seen.set(path, has);
    return has;
  }
}
