import type { Digest } from "../oci/digest.ts";
import { folderOf, type Item, type LinkItem, pathOf } from "./item.ts";
import type { Mark } from "./mark.ts";
import type { Scope } from "./scope.ts";
import { sideBySide } from "./side_by_side.ts";
import type { Tree } from "./tree.ts";

/** Items hidden side by side: most of the time goes to stable storage, which serves several at once. */
const PARALLEL = 8;
/** Names of data held in memory for it. */
const BATCH = 512;

/** Something that goes, and why. */
export interface Garbage {
  readonly item: Item;
  /** Of blob data; 0 for a link. */
  readonly bytes: number;
  readonly reason: string;
}

export interface SweepOptions {
  readonly scope: Scope;
  /** Only what was last written or used before this is taken; in milliseconds since 1970. */
  readonly before: number;
  /** @returns whether it is gone from its place */
  take(garbage: Garbage): Promise<boolean>;
}

/**
 * Takes what the mark does not need: first revisions, then layer links, then data to which no link is left. What is missing in its place
 * is taken all the same, when nothing but an old empty folder is left of it.
 */
export async function sweep(tree: Tree, mark: Mark, options: SweepOptions): Promise<void> {
  const links = new Map(mark.links);
  const take = async (item: Item) => {
    const garbage = await oldEnough(tree, item, options.before);
    return garbage !== undefined && await options.take(garbage);
  };
  for (const kind of ["revision", "layer"] as const) {
    const items = mark.garbage.filter((item) => item.kind === kind);
    await sideBySide(items, PARALLEL, async (item) => {
      if (await take(item) && kind === "layer") decrease(links, item);
    });
  }
  let batch: Item[] = [];
  const takeBatch = async () => {
    await sideBySide(batch, PARALLEL, take);
    batch = [];
  };
  for await (const digest of options.scope.data ?? tree.blobs()) {
    if (links.has(digest) || mark.isNamed(digest)) continue;
    if (batch.push({ kind: "blob", digest }) === BATCH) await takeBatch();
  }
  await takeBatch();
}

function decrease(links: Map<Digest, number>, { canonical }: LinkItem): void {
  const left = (links.get(canonical) ?? 0) - 1;
  if (left > 0) links.set(canonical, left);
  else links.delete(canonical);
}

const REASONS = {
  blob: "no repository links to it",
  layer: "no manifest of the repository names it",
  revision: "no tag leads to it",
} as const;

async function oldEnough(tree: Tree, item: Item, before: number): Promise<Garbage | undefined> {
  await tree.turns.pause();
  const info = await tree.stat(pathOf(item));
  if (info !== undefined) {
    if (info.modified.getTime() > before) return undefined;
    return { item, bytes: item.kind === "blob" ? info.size : 0, reason: REASONS[item.kind] };
  }
  const folder = await tree.stat(folderOf(item));
  if (folder === undefined || folder.modified.getTime() > before) return undefined;
  return { item, bytes: 0, reason: "nothing is left in its folder" };
}
