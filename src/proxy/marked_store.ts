import type { RepositoryName } from "../oci/reference.ts";
import type { InUse } from "./in_use.ts";
import type { CacheStore } from "./cache_store.ts";

/** Where a repository is noted as one that was fetched; the registry's Origins. */
export interface FetchedMarks {
  noteFetched(repository: RepositoryName): Promise<void>;
}

/**
 * A store that notes of a repository that it was fetched, before it keeps anything in it: only such may be evicted. What is being
 * filled is in use.
 */
export function markedStore(store: CacheStore, marks: FetchedMarks, inUse: InUse): CacheStore {
  return {
    begin: async (repository, digest, options) => {
      await marks.noteFetched(repository);
      const end = inUse.hold(repository, digest);
      try {
        return inUse.filling(await store.begin(repository, digest, options), end);
      } catch (error) {
        end();
        throw error;
      }
    },
    keepManifest: async (repository, manifest) => {
      await marks.noteFetched(repository);
      await store.keepManifest(repository, manifest);
    },
    keepTag: (repository, tag, digest) => store.keepTag(repository, tag, digest),
    tag: (repository, tag) => store.tag(repository, tag),
    refreshTag: (repository, tag) => store.refreshTag(repository, tag),
    forgetTag: (repository, tag) => store.forgetTag(repository, tag),
    ...(store.touchManifest && {
      touchManifest: (repository, digest) =>
        store.touchManifest?.(repository, digest) ?? Promise.resolve(),
    }),
  };
}
