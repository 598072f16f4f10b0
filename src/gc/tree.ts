import { readAll } from "../async/byte_source.ts";
import { asDigest, CANONICAL, type Digest, digestOf } from "../oci/digest.ts";
import { asRepositoryName, asTag, type RepositoryName } from "../oci/reference.ts";
import {
  blobPath,
  BLOBS,
  layerLinkPath,
  layersPath,
  REPOSITORIES,
  revisionLinkPath,
  revisionsPath,
  tagLinkPath,
  tagsPath,
  TRASH,
} from "../registry/layout.ts";
import { sane, type Trash } from "../registry/trash.ts";
import type { FileInfo, StorageDriver } from "../storage/driver.ts";
import { ALGORITHMS, type LinkItem } from "./item.ts";
import { type ManifestNames, namesIn } from "./manifest_names.ts";
import type { Turns } from "./turns.ts";

/** More than any registry takes. */
const LARGEST_MANIFEST = 16 * 1024 * 1024;
/** Paths asked for in one trip to the store. */
const BATCH = 128;

const decoder = new TextDecoder();

/** A manifest is there, and nobody can tell what it names. */
export class UnreadableManifestError extends Error {
  override readonly name = "UnreadableManifestError";
  constructor(readonly digest: Digest, readonly repository: RepositoryName, reason: string) {
    super(
      `Cannot collect garbage: manifest ${digest} of ${repository} cannot be read (${reason}). ` +
        "Push it again, or delete it",
    );
  }
}

/** The tree as a collector reads it: entry by entry, without a snapshot. */
export class Tree {
  /** The collector's own generation, and the paths that it has hidden there. */
  own: { readonly name: string; readonly hidden: ReadonlySet<string> } | undefined;

  constructor(
    readonly driver: StorageDriver,
    readonly trash: Trash,
    readonly turns: Turns,
  ) {}

  /** Every folder that holds something of a repository. */
  async *repositories(): AsyncGenerator<RepositoryName> {
    const waiting = [""];
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      await this.turns.pause();
      const children = await sane(() => this.driver.list(REPOSITORIES + at)) ?? [];
      const name = asRepositoryName(at.slice(1));
      if (name !== undefined && children.some((child) => child.startsWith("_"))) yield name;
      // The first of them next: the stack is then as deep as one folder is wide.
      for (const child of children.reverse()) {
        if (!child.startsWith("_")) waiting.push(`${at}/${child}`);
      }
    }
  }

  /** The layer links in place; those of which `matters` says no are left out without a look at them. */
  layers(
    repository: RepositoryName,
    matters?: (digest: Digest) => boolean,
  ): AsyncGenerator<LinkItem> {
    return this.#links(repository, "layer", matters);
  }

  /** The revision links in place. */
  revisions(
    repository: RepositoryName,
    matters?: (digest: Digest) => boolean,
  ): AsyncGenerator<LinkItem> {
    return this.#links(repository, "revision", matters);
  }

  /** What the tags point at. */
  async *tagged(repository: RepositoryName): AsyncGenerator<Digest> {
    for (const name of await sane(() => this.driver.list(tagsPath(repository))) ?? []) {
      await this.turns.pause();
      const tag = asTag(name);
      const link = tag && await this.content(tagLinkPath(repository, tag));
      if (link !== undefined) yield link;
    }
  }

  /** Names of all data, in place or just an empty folder. */
  async *blobs(): AsyncGenerator<Digest> {
    for (const prefix of await sane(() => this.driver.list(BLOBS)) ?? []) {
      for (const hex of await sane(() => this.driver.list(`${BLOBS}/${prefix}`)) ?? []) {
        await this.turns.pause();
        const digest = asDigest(`${CANONICAL}:${hex}`);
        if (digest !== undefined) yield digest;
      }
    }
  }

  /** What the link holds, wherever it lies; undefined when it is gone or holds nothing. */
  async find(path: string): Promise<Digest | undefined> {
    const bytes = await sane(() => this.trash.find(path, () => this.driver.getContent(path)));
    return bytes && asDigest(decoder.decode(bytes));
  }

  /** What the link in place holds. */
  async content(path: string): Promise<Digest | undefined> {
    const bytes = await sane(() => this.driver.getContent(path));
    return bytes && asDigest(decoder.decode(bytes));
  }

  async stat(path: string): Promise<FileInfo | undefined> {
    return await sane(() => this.driver.stat(path));
  }

  /**
   * What the manifest names; undefined when its data is gone for good, which nobody could read either.
   * @throws UnreadableManifestError
   */
  async manifest(
    repository: RepositoryName,
    canonical: Digest,
  ): Promise<ManifestNames | undefined> {
    await this.turns.pause();
    const path = blobPath(canonical);
    const bytes = await this.#bytes(path).catch((error) => {
      throw new UnreadableManifestError(canonical, repository, String(error?.message ?? error));
    });
    if (bytes === undefined) return undefined;
    if (await digestOf(CANONICAL, bytes) !== canonical) {
      throw new UnreadableManifestError(canonical, repository, "its bytes have another digest");
    }
    return namesIn(bytes);
  }

  async #bytes(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const source = await this.trash.find(path, () => this.driver.read(path));
    if (source === undefined) return undefined;
    try {
      if (source.size > LARGEST_MANIFEST) throw new Error(`it has ${source.size} bytes`);
      return await readAll(source);
    } finally {
      source.close();
    }
  }

  async *#links(
    repository: RepositoryName,
    kind: LinkItem["kind"],
    matters: (digest: Digest) => boolean = () => true,
  ): AsyncGenerator<LinkItem> {
    const [folder, link] = kind === "layer"
      ? [layersPath, layerLinkPath]
      : [revisionsPath, revisionLinkPath];
    for (const algorithm of ALGORITHMS) {
      const names = await sane(() => this.driver.list(folder(repository, algorithm))) ?? [];
      for (let i = 0; i < names.length; i += BATCH) {
        await this.turns.pause();
        const digests = names.slice(i, i + BATCH)
          .flatMap((hex) => asDigest(`${algorithm}:${hex}`) ?? [])
          .filter((digest) => algorithm !== CANONICAL || matters(digest));
        const sizes = await this.sizes(digests.map((digest) => link(repository, digest)));
        for (const [index, digest] of digests.entries()) {
          if (sizes[index] === undefined) continue;
          // A canonical link leads to its own name, also when a crash has emptied it.
          const canonical = algorithm === CANONICAL
            ? digest
            : await this.content(link(repository, digest)) ?? digest;
          if (matters(canonical) || matters(digest)) yield { kind, repository, digest, canonical };
        }
      }
    }
  }

  /**
   * Which of the files are in place, or were hidden and are in place now. As Trash.find for each, with one look into the trash for
   * all: where no other collector has a generation, nothing can be hidden that we did not hide.
   */
  async areThere(paths: readonly string[]): Promise<boolean[]> {
    const there = (await this.sizes(paths)).map((size) => size !== undefined);
    const missing = [...paths.keys()].filter((index) => !there[index]);
    const pathAt = (index: number) => paths[index] ?? "/";
    if (missing.length === 0) return there;
    const generations = await sane(() => this.driver.list(TRASH)) ?? [];
    const onlyOurs = generations.every((name) => name === this.own?.name) &&
      !missing.some((index) => this.own?.hidden.has(pathAt(index)));
    if (onlyOurs) { // another may have taken it back since the first look
      const again = await this.sizes(missing.map(pathAt));
      for (const [i, index] of missing.entries()) there[index] = again[i] !== undefined;
    } else {
      for (const index of missing) there[index] = await this.trash.recover(pathAt(index));
    }
    return there;
  }

  /** In bytes; undefined for what is not in place. */
  async sizes(paths: readonly string[]): Promise<readonly (number | undefined)[]> {
    if (paths.length === 0) return [];
    if (this.driver.sizes) return await this.driver.sizes(paths);
    const infos = await Promise.all(paths.map((path) => this.stat(path)));
    return infos.map((info) => info?.size);
  }
}
