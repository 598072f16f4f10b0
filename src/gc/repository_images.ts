import { CANONICAL, type Digest } from "../oci/digest.ts";
import type { RepositoryName } from "../oci/reference.ts";
import { layerLinkPath } from "../registry/layout.ts";
import { pathOf } from "./item.ts";
import type { ManifestNames } from "./manifest_names.ts";
import type { Tree } from "./tree.ts";

/** An image with what belongs to it alone, or a blob that no manifest names (then `manifests` is empty). */
export interface Image {
  readonly repository: RepositoryName;
  readonly manifests: readonly Digest[];
  /** In milliseconds since 1970. */
  readonly lastUse: number;
  readonly names: readonly Digest[];
  readonly data: readonly Digest[];
}

export interface Images {
  readonly images: readonly Image[];
  /** Data of manifests that belong to several images. */
  readonly shared: readonly Digest[];
}

/** When something was last used, as far as the tree does not tell; in milliseconds since 1970. */
export type KnownUse = (repository: RepositoryName, digest: Digest) => number | undefined;

interface Node {
  readonly lastUse: number;
  readonly manifest: ManifestNames;
  /** Images that it belongs to. */
  owners: Set<Digest>;
}

/**
 * The images of a repository: a manifest that no index of it names and that is no referrer of another here, with its children and its
 * referrers.
 * @param usedBefore when nothing was last used before this, nothing is read and nothing is found
 * @throws UnreadableManifestError
 */
export async function imagesOf(
  tree: Tree,
  repository: RepositoryName,
  known: KnownUse,
  usedBefore = Infinity,
): Promise<Images> {
  const uses = await usesOf(tree, repository, known);
  const isIdle = [...uses.values()].some((use) => use < usedBefore);
  if (!isIdle && uses.size > 0) return { images: [], shared: [] };
  const nodes = await readNodes(tree, repository, uses);
  const roots = assignOwners(nodes);
  const aliases = new Map<Digest, Digest>();
  for (const { manifest } of nodes.values()) {
    for (const name of manifest.names) {
      if (name.startsWith(CANONICAL)) continue;
      const canonical = await tree.find(layerLinkPath(repository, name));
      if (canonical !== undefined) aliases.set(name, canonical);
    }
  }
  const dataOf = (digest: Digest) =>
    [...namesOf(nodes, digest)].map((name) => aliases.get(name) ?? name);
  const images = roots.map((root): Image => {
    const manifests = [...nodes.keys()].filter((digest) => isOnlyOf(nodes, digest, root));
    manifests.sort((a, b) => Number(b === root) - Number(a === root));
    return {
      repository,
      manifests,
      lastUse: Math.max(...manifests.map((digest) => nodes.get(digest)?.lastUse ?? 0)),
      names: [...new Set(manifests.flatMap((digest) => [...namesOf(nodes, digest)]))],
      data: [...new Set(manifests.flatMap(dataOf))].filter(isCanonical),
    };
  });
  const several = [...nodes].filter(([, { owners }]) => owners.size > 1).map(([digest]) => digest);
  const named = new Set([...nodes.keys()].flatMap((digest) => [...namesOf(nodes, digest)]));
  for (const canonical of aliases.values()) named.add(canonical);
  return {
    images: [...images, ...await loneBlobs(tree, repository, named, usedBefore)],
    shared: [...new Set(several.flatMap(dataOf))].filter(isCanonical),
  };
}

async function usesOf(
  tree: Tree,
  repository: RepositoryName,
  known: KnownUse,
): Promise<Map<Digest, number>> {
  const uses = new Map<Digest, number>();
  for await (const link of tree.revisions(repository)) {
    const info = await tree.stat(pathOf(link));
    if (info === undefined) continue;
    const use = Math.max(
      ...[info.modified.getTime(), known(repository, link.digest) ?? 0],
      uses.get(link.canonical) ?? 0,
    );
    uses.set(link.canonical, use);
  }
  return uses;
}

async function readNodes(
  tree: Tree,
  repository: RepositoryName,
  uses: ReadonlyMap<Digest, number>,
): Promise<Map<Digest, Node>> {
  const nodes = new Map<Digest, Node>();
  for (const [digest, lastUse] of uses) {
    const manifest = await tree.manifest(repository, digest) ??
      { names: new Set(), children: new Set(), others: new Set() };
    nodes.set(digest, { lastUse, manifest, owners: new Set() });
  }
  return nodes;
}

/** @returns the images */
function assignOwners(nodes: ReadonlyMap<Digest, Node>): Digest[] {
  const below = new Map<Digest, Digest[]>();
  const owned = new Set<Digest>();
  const put = (parent: Digest, child: Digest) => {
    if (parent === child || !nodes.has(parent) || !nodes.has(child)) return;
    below.set(parent, [...below.get(parent) ?? [], child]);
    owned.add(child);
  };
  for (const [digest, { manifest }] of nodes) {
    for (const name of manifest.names) put(digest, name);
    if (manifest.subject !== undefined) put(manifest.subject, digest);
  }
  const roots = [...nodes.keys()].filter((digest) => !owned.has(digest));
  for (const root of roots) {
    const waiting = [root];
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      const node = nodes.get(at);
      if (node === undefined || node.owners.has(root)) continue;
      node.owners.add(root);
      waiting.push(...below.get(at) ?? []);
    }
  }
  return roots;
}

function isOnlyOf(nodes: ReadonlyMap<Digest, Node>, digest: Digest, root: Digest): boolean {
  const owners = nodes.get(digest)?.owners;
  return owners?.size === 1 && owners.has(root);
}

/** With its own digest: its bytes are data too. */
function namesOf(nodes: ReadonlyMap<Digest, Node>, digest: Digest): ReadonlySet<Digest> {
  return new Set([digest, ...nodes.get(digest)?.manifest.names ?? []]);
}

function isCanonical(digest: Digest): boolean {
  return digest.startsWith(`${CANONICAL}:`);
}

/** What was fetched by itself, or lost its manifest. */
async function loneBlobs(
  tree: Tree,
  repository: RepositoryName,
  named: ReadonlySet<Digest>,
  usedBefore: number,
): Promise<Image[]> {
  const found: Image[] = [];
  for await (const link of tree.layers(repository, (digest) => !named.has(digest))) {
    if (named.has(link.digest) || named.has(link.canonical)) continue;
    const info = await tree.stat(pathOf(link));
    const lastUse = info?.modified.getTime() ?? Infinity;
    if (lastUse >= usedBefore) continue;
    const { digest, canonical } = link;
    found.push({ repository, manifests: [], lastUse, names: [digest], data: [canonical] });
  }
  return found;
}
