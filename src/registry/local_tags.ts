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
    // What lies there but can't be a tag only makes its page shorter: a filter over all names would cost more than the page.
    const { entries, more } = pageOf(names ?? [], page);
    return { entries: onlyTags(entries), more };
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

  /** @throws MANIFEST_UNKNOWN */
  async delete(tag: Tag): Promise<void> {
    const path = tagPath(this.name, tag);
    await this.mutex.run(path, async () => {
      const link = tagLinkPath(this.name, tag);
      this.links.forget(link);
      const gone = await present(() =>
        this.links.driver.remove(path).then(() => true)
      ) === undefined;
      this.links.forget(link);
      if (gone) throw unknownTag(tag);
    });
  }

  /** Removes every tag that points at one of these. */
  async deleteAllOf(digests: ReadonlySet<Digest>): Promise<void> {
    const tags = onlyTags(await this.folders.list(tagsPath(this.name)) ?? []);
    await inTurns(tags, PARALLEL, (tag) => this.#deleteIf(tag, digests));
  }

  async #deleteIf(tag: Tag, digests: ReadonlySet<Digest>): Promise<void> {
    const digest = await this.links.find(tagLinkPath(this.name, tag));
    if (digest === undefined || !digests.has(digest)) return;
    try {
      await this.delete(tag);
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error; // somebody else removed it
    }
  }
}

function onlyTags(names: readonly string[]): Tag[] {
  return names.filter((name): name is Tag => asTag(name) !== undefined);
}

function unknownTag(tag: Tag): RegistryError {
  return new RegistryError("MANIFEST_UNKNOWN", { detail: `unknown tag=${tag}` });
}
