import { RegistryError } from "../oci/error.ts";
import type { RepositoryName } from "../oci/reference.ts";
import type { Repository } from "../registry/registry.ts";

/** Which repositories a push has made; the registry's Origins. */
export interface PushedMarks {
  isLocal(repository: RepositoryName): Promise<boolean>;
  claim(repository: RepositoryName): Promise<boolean>;
}

/**
 * A repository below an upstream's names into which clients may push (`proxy.push.enabled`). The first push makes it local, whole and
 * for good: upstream is not asked for it any more. Into one that holds what was fetched nobody can push.
 */
export function pushBeside(
  { local, cached, marks }: {
    readonly local: Repository;
    readonly cached: Repository;
    readonly marks: PushedMarks;
  },
): Repository {
  const { name } = local;
  const read = async () => await marks.isLocal(name) ? local : cached;
  const write = async () => {
    if (!await marks.claim(name)) throw holdsFetched(name);
    return local;
  };
  return {
    name,
    blobs: {
      stat: async (digest) => await (await read()).blobs.stat(digest),
      open: async (digest, client) => await (await read()).blobs.open(digest, client),
      delete: async (digest) => await (await read()).blobs.delete(digest),
      startUpload: async (algorithm) => await (await write()).blobs.startUpload(algorithm),
      resumeUpload: async (id) => await (await read()).blobs.resumeUpload(id),
      mount: async (digest, from) => await (await write()).blobs.mount(digest, from),
    },
    manifests: {
      get: async (reference) => await (await read()).manifests.get(reference),
      stat: async (reference) => await (await read()).manifests.stat(reference),
      put: async (push) => await (await write()).manifests.put(push),
      delete: async (reference) => await (await read()).manifests.delete(reference),
    },
    tags: { list: async (page) => await (await read()).tags.list(page) },
    referrers: {
      list: async (subject, query) => await (await read()).referrers.list(subject, query),
    },
  };
}

function holdsFetched(name: RepositoryName): RegistryError {
  return new RegistryError("UNSUPPORTED", {
    detail:
      `Cannot push into ${name}: it holds images that were fetched from upstream; push under another name, or delete them first`,
  });
}
