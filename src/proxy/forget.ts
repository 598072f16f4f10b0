import type { Logger } from "../log/logger.ts";
import type { Digest } from "../oci/digest.ts";
import type { Reference } from "../oci/reference.ts";
import type { Repository } from "../registry/registry.ts";
import type { CacheContents, CachedImage } from "./cache_contents.ts";
import { orUndefined } from "./unknown.ts";

/** Tags looked at for another name of the same manifest. */
const TAGS = 10_000;

/** What DELETE means in a cache: the tag and its manifest are forgotten with what only they need, and the next pull fetches again. */
export class Forgetting {
  readonly #abort = new AbortController();
  readonly #running = new Set<Promise<void>>();

  constructor(private readonly contents: CacheContents, private readonly logger: Logger) {}

  /**
   * Unlinks it, as the local repository does; the bytes are freed afterwards.
   * @throws MANIFEST_UNKNOWN
   */
  async forget(local: Repository, reference: Reference): Promise<void> {
    const { digest } = await local.manifests.stat(reference);
    const image = await this.#imageOf(local, digest);
    await local.manifests.delete(reference);
    if (reference.kind === "tag") {
      if (await isTagged(local, digest)) return;
      // before the answer, so that the next pull does not find it still here
      await orUndefined(local.manifests.delete({ kind: "digest", digest }));
    }
    if (image !== undefined) this.#free(image);
  }

  /** Resolves when nothing is being freed any more. */
  async idle(): Promise<void> {
    await Promise.all(this.#running);
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await this.idle();
  }

  /** Undefined when it cannot be told what it needs: then its blobs go when they expire. */
  async #imageOf(local: Repository, digest: Digest): Promise<CachedImage | undefined> {
    try {
      const { images } = await this.contents.images(local.name, this.#abort.signal);
      const image = images.find(({ manifests }) => manifests.includes(digest));
      if (image === undefined) return undefined;
      // Of a child or a referrer only itself goes; what the others need of its image stays by itself.
      const manifests = image.manifests[0] === digest ? image.manifests : [digest];
      return { ...image, manifests, lastUse: Infinity };
    } catch {
      return undefined;
    }
  }

  #free(image: CachedImage): void {
    const { repository } = image;
    const done = this.contents.forget([image], this.#abort.signal).then(
      ({ bytes }) => this.logger.info("an image was forgotten", { repository, bytes }),
      (error) => {
        if (this.#abort.signal.aborted) return; // it goes when it expires
        this.logger.error("cannot free a forgotten image", { repository, error: String(error) });
      },
    ).finally(() => this.#running.delete(done));
    this.#running.add(done);
  }
}

async function isTagged(local: Repository, digest: Digest): Promise<boolean> {
  const { entries } = await local.tags.list({ limit: TAGS, last: "" });
  for (const tag of entries) {
    const info = await local.manifests.stat({ kind: "tag", tag }).catch(() => undefined);
    if (info?.digest === digest) return true;
  }
  return false;
}
