import { inTurns } from "../async/in_turns.ts";
import type { KeyedMutex } from "../async/keyed_mutex.ts";
import type { Digest } from "../oci/digest.ts";
import { RegistryError } from "../oci/error.ts";
import { asTag, type RepositoryName, type Tag } from "../oci/reference.ts";
import type { Folders } from "./folders.ts";
import { manifestsPath, tagIndexLinkPath, tagLinkPath, tagPath, tagsPath } from "./layout.ts";
import type { Links } from "./links.ts";
import { pageOf } from "./page.ts";
import type { Listing, Page, TagService } from "./registry.ts";
import { present } from "./trash.ts";

/** Links read at once when all tags of a manifest are looked for. */
const PARALLEL = 32;

/** The tags of one repository. */
export class LocalTags implements TagService {
  constructor(
    private readonly name: RepositoryName,
    private readonly links: Links,
    private readonly folders: Folders,
    /** One writer or remover of a tag at a time, so that a removal does not meet a half made folder. By path. */
    private readonly mutex: KeyedMutex,
  ) {}

  async list(page: Page): Promise<Listing<Tag>> {
    const names = await this.folders.list(tagsPath(this.name));
    if (names === undefined && await this.folders.list(manifestsPath(this.name)) === undefined) {
      throw new RegistryError("NAME_UNKNOWN", { detail: { name: this.name } });
    }
    return pageOf(names ?? [], page, isTag);
  }

  /** The name of the manifest that the tag points at. @throws MANIFEST_UNKNOWN */
  async resolve(tag: Tag): Promise<Digest> {
    const digest = await this.links.get(tagLinkPath(this.name, tag));
    if (digest === undefined) throw unknownTag(tag);
    return digest;
  }

  /** Points the tag at a manifest whose link is durable. */
  put(tag: Tag, digest: Digest): Promise<void> {
    return this.mutex.run(tagPath(this.name, tag), async () => {
      await Promise.all([
        // A record of what the tag has been: it need not be there before the tag moves.
        this.links.put(tagIndexLinkPath(this.name, tag, digest), digest),
        this.links.put(tagLinkPath(this.name, tag), digest),
      ]);
    });
  }

  /** What the tag points at, and when it was set or last confirmed, in milliseconds since 1970. */
  async checked(tag: Tag): Promise<{ digest: Digest; checkedAt: number } | undefined> {
    const path = tagLinkPath(this.name, tag);
    const digest = await this.links.get(path);
    if (digest === undefined) return undefined;
    const info = await present(() => this.links.driver.stat(path));
    return info && { digest, checkedAt: info.modified.getTime() };
  }

  /** It points at the right manifest still. No harm is done when there is none of that name any more. */
  async confirm(tag: Tag): Promise<void> {
    const path = tagLinkPath(this.name, tag);
    await this.mutex.run(tagPath(this.name, tag), () => this.links.touch(path));
  }

  /** @throws MANIFEST_UNKNOWN */
  async delete(tag: Tag): Promise<void> {
    if (!await this.mutex.run(tagPath(this.name, tag), () => this.#remove(tag))) {
      throw unknownTag(tag);
    }
  }

  /** Removes every tag that points at one of these. */
  async deleteAllOf(digests: ReadonlySet<Digest>): Promise<void> {
    const tags = (await this.folders.list(tagsPath(this.name)) ?? []).filter(isTag);
    await inTurns(tags, PARALLEL, (tag) =>
      this.mutex.run(tagPath(this.name, tag), async () => {
        // Looked at under the lock: a push may have moved it meanwhile.
        const digest = await this.links.find(tagLinkPath(this.name, tag));
        if (digest !== undefined && digests.has(digest)) await this.#remove(tag);
      }));
  }

  /** Removes the tag with all its records. False when there is none. */
  async #remove(tag: Tag): Promise<boolean> {
    const link = tagLinkPath(this.name, tag);
    this.links.forget(link);
    try {
      return await present(() =>
        this.links.driver.remove(tagPath(this.name, tag)).then(() => true)
      ) ?? false;
    } finally {
      this.links.forget(link);
    }
  }
}

function isTag(name: string): name is Tag {
  return asTag(name) !== undefined;
}

function unknownTag(tag: Tag): RegistryError {
  return new RegistryError("MANIFEST_UNKNOWN", { detail: `unknown tag=${tag}` });
}
