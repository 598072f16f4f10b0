import { CANONICAL, type Digest } from "../oci/digest.ts";
import type { RepositoryName } from "../oci/reference.ts";
import { type Item, type LinkItem, pathOf } from "./item.ts";
import { markRepository, type RepositoryMark, type Roots } from "./repository_mark.ts";
import type { Scope } from "./scope.ts";
import type { Tree } from "./tree.ts";

/** What is needed now, as far as the scope of the round goes. */
export interface Mark {
  /** Links in place that nothing needs, though somebody may be about to. */
  readonly garbage: readonly LinkItem[];
  /** Links in place by the data that they lead to, of data that no manifest needs. */
  readonly links: ReadonlyMap<Digest, number>;
  readonly repositories: number;
  readonly manifests: number;
  /** Whether an item in the trash has to come back. Of links only those that were asked about before. */
  needs(item: Item): boolean;
  /** Whether a manifest needs the data, or a repository whose manifests were not read. */
  isNamed(data: Digest): boolean;
}

/**
 * Looks at every entry once, without a snapshot (gc_protocol.md, "mark"). A round of a narrow scope reads the manifests of its own
 * repositories only; of the others it looks whether they have links to the data in question.
 *
 * That is enough only while no other collector has anything hidden: a link that it has hidden would not be seen, though a manifest
 * needs it. So the caller looks into the trash before and after, and when there is another generation it marks with `everything`
 * (round.ts).
 * @param hidden links of which `needs` will be asked
 * @throws UnreadableManifestError
 */
export async function mark(
  tree: Tree,
  scope: Scope,
  roots: Roots,
  { everything, hidden }: { readonly everything: boolean; readonly hidden: Iterable<Item> },
): Promise<Mark> {
  const marking = new TreeMarking(tree, scope, roots, hidden);
  for await (const repository of tree.repositories()) {
    if (everything || scope.includes(repository)) await marking.read(repository);
    else await marking.count(repository);
  }
  return marking;
}

class TreeMarking implements Mark {
  readonly garbage: LinkItem[] = [];
  readonly links = new Map<Digest, number>();
  repositories = 0;
  manifests = 0;
  /** Canonical digests of data that manifests need. */
  readonly #data = new Set<Digest>();
  /** Paths of hidden links that are needed. */
  readonly #wanted = new Set<string>();
  readonly #hidden = new Map<RepositoryName, LinkItem[]>();

  constructor(
    private readonly tree: Tree,
    private readonly scope: Scope,
    private readonly roots: Roots,
    hidden: Iterable<Item>,
  ) {
    for (const item of hidden) {
      if (item.kind === "blob") continue;
      const others = this.#hidden.get(item.repository);
      if (others) others.push(item);
      else this.#hidden.set(item.repository, [item]);
    }
  }

  needs(item: Item): boolean {
    return item.kind === "blob"
      ? this.#data.has(item.digest) || this.links.has(item.digest)
      : this.#wanted.has(pathOf(item));
  }

  isNamed(data: Digest): boolean {
    return this.#data.has(data);
  }

  /** Reads the manifests of the repository. */
  async read(repository: RepositoryName): Promise<void> {
    const { names, manifests } = await markRepository(this.tree, repository, this.roots);
    this.repositories++;
    this.manifests += manifests.size;
    for (const name of names) {
      if (name.startsWith(CANONICAL) && this.scope.concerns(name)) this.#data.add(name);
    }
    const marked = { names, manifests };
    for (const item of this.#hidden.get(repository) ?? []) {
      if (isNeeded(item, marked)) this.#wanted.add(pathOf(item));
    }
    await this.#addLinks(repository, marked);
    if (this.roots.taggedOnly) await this.#addRevisions(repository, marked);
  }

  /** Of a repository whose manifests are not read: whatever it links is needed. */
  async count(repository: RepositoryName): Promise<void> {
    const concerns = (digest: Digest) => this.scope.concerns(digest);
    for await (const { canonical } of this.tree.layers(repository, concerns)) {
      this.#data.add(canonical);
    }
    for await (const { canonical } of this.tree.revisions(repository, concerns)) {
      this.#data.add(canonical);
    }
  }

  async #addLinks(repository: RepositoryName, marked: RepositoryMark): Promise<void> {
    const { names } = marked;
    // What is needed by its own name needs no look: the data is marked already.
    const matters = (digest: Digest) => !names.has(digest) && this.scope.concerns(digest);
    for await (const link of this.tree.layers(repository, matters)) {
      if (isNeeded(link, marked)) {
        this.#data.add(link.canonical);
        continue;
      }
      this.links.set(link.canonical, (this.links.get(link.canonical) ?? 0) + 1);
      if (this.scope.mayTake(link)) this.garbage.push(link);
    }
  }

  async #addRevisions(repository: RepositoryName, { manifests }: RepositoryMark): Promise<void> {
    for await (const link of this.tree.revisions(repository)) {
      if (!manifests.has(link.canonical) && this.scope.mayTake(link)) this.garbage.push(link);
    }
  }
}

function isNeeded(link: LinkItem, { names, manifests }: RepositoryMark): boolean {
  if (link.kind === "revision") return manifests.has(link.canonical);
  return names.has(link.digest) || names.has(link.canonical);
}
