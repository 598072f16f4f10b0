import { algorithmOf, CANONICAL, type Digest } from "../oci/digest.ts";
import type { RepositoryName } from "../oci/reference.ts";
import { blobPath, layerLinkPath, revisionLinkPath } from "../registry/layout.ts";
import { pathOf } from "./item.ts";
import type { ManifestNames } from "./manifest_names.ts";
import type { Tree } from "./tree.ts";

/** What one repository needs. */
export interface RepositoryMark {
  /** Names of blobs and manifests as its manifests have them, and the canonical ones that they lead to. */
  readonly names: ReadonlySet<Digest>;
  /** Canonical digests of the manifests that stay; the others are no roots. */
  readonly manifests: ReadonlySet<Digest>;
}

/** Which revisions stay without being named by another. */
export interface Roots {
  /** Only those that a tag leads to (`-m`); else all. */
  readonly taggedOnly: boolean;
  /** A revision that was written or used after this is a root in any case; in milliseconds since 1970. */
  readonly youngSince: number;
}

/**
 * Follows what the manifests of a repository name: index to children, subject to referrers. Each entry is looked at once; what is hidden
 * in the trash is taken back when it is needed to go on.
 * @throws UnreadableManifestError
 */
export async function markRepository(
  tree: Tree,
  repository: RepositoryName,
  roots: Roots,
): Promise<RepositoryMark> {
  const mark = new Marking(tree, repository);
  if (!roots.taggedOnly) {
    for await (const { canonical } of tree.revisions(repository)) await mark.keep(canonical);
    return mark;
  }
  for await (const digest of tree.tagged(repository)) await mark.follow(digest);
  const referrers = new Map<Digest, Digest[]>();
  for await (const link of tree.revisions(repository)) {
    const info = await tree.stat(pathOf(link));
    if (info !== undefined && info.modified.getTime() > roots.youngSince) {
      await mark.keep(link.canonical);
    }
    const subject = mark.manifests.has(link.canonical)
      ? undefined
      : (await tree.manifest(repository, link.canonical))?.subject;
    if (subject) referrers.set(subject, [...referrers.get(subject) ?? [], link.canonical]);
  }
  await keepReferrers(mark, referrers);
  return mark;
}

/** Until nothing is added: a referrer may have referrers. */
async function keepReferrers(mark: Marking, referrers: Map<Digest, Digest[]>): Promise<void> {
  for (let found = true; found;) {
    found = false;
    for (const [subject, digests] of referrers) {
      if (!mark.names.has(subject) && !mark.manifests.has(subject)) continue;
      referrers.delete(subject);
      found = true;
      for (const digest of digests) await mark.keep(digest);
    }
  }
}

class Marking implements RepositoryMark {
  readonly names = new Set<Digest>();
  readonly manifests = new Set<Digest>();

  constructor(private readonly tree: Tree, private readonly repository: RepositoryName) {}

  /** What a tag points at. */
  async follow(name: Digest): Promise<void> {
    const canonical = await this.tree.find(revisionLinkPath(this.repository, name));
    if (canonical === undefined) return;
    this.names.add(name);
    await this.keep(canonical);
  }

  /** A manifest with all that it needs. */
  async keep(canonical: Digest): Promise<void> {
    const waiting = [canonical];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (this.manifests.has(next)) continue;
      this.manifests.add(next);
      this.names.add(next);
      const manifest = await this.#read(next, next === canonical);
      if (manifest) waiting.push(...await this.#named(manifest));
    }
  }

  /**
   * The children of an index are followed wherever their own links lie: a collector may have hidden these a moment ago, and must put
   * them back. Without a link, though, nobody has said that it is a manifest, and it may be anything.
   */
  async #read(canonical: Digest, isRoot: boolean): Promise<ManifestNames | undefined> {
    if (!isRoot && !(await this.tree.areThere([blobPath(canonical)]))[0]) return undefined;
    try {
      return await this.tree.manifest(this.repository, canonical);
    } catch (error) {
      const link = revisionLinkPath(this.repository, canonical);
      if (isRoot || await this.tree.stat(link) !== undefined) throw error;
      return undefined;
    }
  }

  /** @returns the canonical digests of those that are manifests */
  async #named({ names, children, others }: ManifestNames): Promise<Digest[]> {
    const fresh = [...names].filter((name) => !this.names.has(name));
    for (const name of fresh) this.names.add(name);
    const found = [...children].filter(isCanonical);
    const unclear = fresh.filter((name) => others.has(name) && isCanonical(name));
    const sizes = await this.tree.sizes(
      unclear.map((name) => revisionLinkPath(this.repository, name)),
    );
    found.push(...unclear.filter((_, index) => sizes[index] !== undefined));
    // Of another name only a link tells where the data lies.
    for (const name of fresh.filter((name) => !isCanonical(name))) {
      const layer = await this.tree.find(layerLinkPath(this.repository, name));
      if (layer !== undefined) this.names.add(layer);
      const child = await this.tree.find(revisionLinkPath(this.repository, name));
      if (child !== undefined) found.push(child);
    }
    return found;
  }
}

function isCanonical(digest: Digest): boolean {
  return algorithmOf(digest) === CANONICAL;
}
