import { systemClock } from "../../async/clock.ts";
import type { Config } from "../../config/config.ts";
import { FetchedContents } from "../../gc/fetched_contents.ts";
import { Tree } from "../../gc/tree.ts";
import { Turns } from "../../gc/turns.ts";
import { RegistryError } from "../../oci/error.ts";
import { LocalRegistry } from "../../registry/local_registry.ts";
import { STRICT } from "../../registry/manifest_policy.ts";
import { Origins } from "../../registry/origins.ts";
import { Trash } from "../../registry/trash.ts";
import type { StorageDriver } from "../../storage/driver.ts";
import { FilesystemDriver } from "../../storage/filesystem.ts";

/** What commands do with the tree of a cache, beside a server that runs on it. */
export interface OpenCache extends AsyncDisposable {
  /** Fetched content only: what was pushed is none of it. */
  readonly contents: FetchedContents;
  readonly registry: LocalRegistry;
  /** Reads without making anything look used. */
  readonly tree: Tree;
  /** The folder. */
  readonly root: string;
}

/** @throws Error with a sentence when the storage is no folder */
export function openCache({ storage: { driver } }: Config): OpenCache {
  if (driver.name !== "filesystem") {
    throw new Error(
      `Cannot look into the cache: its storage is ${driver.name}, which only the server itself can see. Use storage.filesystem`,
    );
  }
  const root = driver.rootdirectory;
  return { root, ...cacheOver(new FilesystemDriver({ root })) };
}

function cacheOver(driver: StorageDriver): Omit<OpenCache, "root"> {
  const clock = systemClock;
  const registry = new LocalRegistry({ driver, policy: STRICT, clock });
  const origins = new Origins(driver, clock);
  const contents = new FetchedContents({
    driver,
    clock,
    isFetched: (repository) => origins.isFetched(repository),
    unlink: async (repository, digest) => {
      try {
        await registry.repository(repository).manifests.delete({ kind: "digest", digest });
      } catch (error) {
        if (!(error instanceof RegistryError && error.status === 404)) throw error;
      }
    },
    keep: 0,
  });
  return {
    contents,
    registry,
    tree: new Tree(driver, new Trash(driver), new Turns()),
    [Symbol.asyncDispose]: async () => {
      await registry.close();
      await driver.close();
    },
  };
}
