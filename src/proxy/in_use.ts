import type { ByteSource } from "../async/byte_source.ts";
import type { Digest } from "../oci/digest.ts";
import type { RepositoryName } from "../oci/reference.ts";
import type { Repository } from "../registry/registry.ts";
import type { CachedImage } from "./cache_contents.ts";
import type { BlobTarget } from "./cache_store.ts";

/** Which blobs are being read or filled just now: their images are not evicted. */
export class InUse {
  readonly #held = new Map<RepositoryName, Map<Digest, number>>();

  /** @returns what ends it; more than one call is one */
  hold(repository: RepositoryName, digest: Digest): () => void {
    const held = this.#held.get(repository) ?? new Map<Digest, number>();
    this.#held.set(repository, held);
    held.set(digest, (held.get(digest) ?? 0) + 1);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#release(repository, digest);
    };
  }

  isBusy({ repository, names }: CachedImage): boolean {
    const held = this.#held.get(repository);
    return held !== undefined && names.some((name) => held.has(name));
  }

  /** A repository of which the open blobs are held until they are closed. */
  counting(repository: Repository): Repository {
    const { name, blobs } = repository;
    return {
      ...repository,
      blobs: {
        stat: (digest) => blobs.stat(digest),
        open: async (digest) => {
          const end = this.hold(name, digest);
          try {
            const blob = await blobs.open(digest);
            return { ...blob, source: closing(blob.source, end) };
          } catch (error) {
            end();
            throw error;
          }
        },
        delete: (digest) => blobs.delete(digest),
        startUpload: (algorithm) => blobs.startUpload(algorithm),
        resumeUpload: (id) => blobs.resumeUpload(id),
        mount: (digest, from) => blobs.mount(digest, from),
      },
    };
  }

  /** A target that is held until it is committed or aborted. */
  filling(target: BlobTarget, end: () => void): BlobTarget {
    return {
      get written() {
        return target.written;
      },
      write: (chunk) => target.write(chunk),
      open: () => target.open(),
      commit: async (onVerified) => {
        await target.commit(onVerified);
        end();
      },
      abort: async () => {
        end();
        await target.abort();
      },
    };
  }

  #release(repository: RepositoryName, digest: Digest): void {
    const held = this.#held.get(repository);
    const count = (held?.get(digest) ?? 0) - 1;
    if (count > 0) held?.set(digest, count);
    else held?.delete(digest);
    if (held?.size === 0) this.#held.delete(repository);
  }
}

function closing(source: ByteSource, end: () => void): ByteSource {
  const { readNow, view } = source;
  return {
    get size() {
      return source.size;
    },
    read: (into, position) => source.read(into, position),
    ...(readNow && { readNow: (into, position) => readNow.call(source, into, position) }),
    ...(view && { view: (position, length) => view.call(source, position, length) }),
    close: () => {
      end();
      source.close();
    },
  };
}
