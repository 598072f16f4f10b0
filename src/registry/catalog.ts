import { inTurns } from "../async/in_turns.ts";
import { asRepositoryName, type RepositoryName } from "../oci/reference.ts";
import type { Folders } from "./folders.ts";
import { REPOSITORIES } from "./layout.ts";
import type { Listing, Page, Sight } from "./registry.ts";

/** Folders looked into at once. */
const PARALLEL = 32;
/** Folders looked at without waiting for any, when none is to be seen: less than a millisecond of work. */
const PASSED_AT_ONCE = 1_000;

/**
 * Names of repositories, in the order of a walk: component by component, so that `a/b` comes before `a-b`
 * (as distribution's, registry/storage/catalog.go). Folders that begin with "_" belong to a repository and are not walked.
 */
export class Catalog {
  /** @param holds the folder that makes a repository count: `_manifests`, or `_layers` where blobs alone will do */
  constructor(
    private readonly folders: Folders,
    private readonly holds: "_manifests" | "_layers",
  ) {}

  /** @param sight what it doesn't see is walked past, without a look into the folders of which it sees nothing at all */
  async list(page: Page, sight?: Sight): Promise<Listing<RepositoryName>> {
    if (page.limit === 0) return { entries: [], more: false };
    const last = page.last === "" ? [] : page.last.split("/");
    const wanted = page.limit === undefined ? Infinity : page.limit + 1;
    const found: RepositoryName[] = [];
    await this.#walk("", last, { wanted, sight, found });
    const more = page.limit !== undefined && found.length > page.limit;
    return { entries: more ? found.slice(0, page.limit) : found, more };
  }

  /**
   * Adds what lies below `prefix` and sorts after `last`.
   * @param last the components that are still to be passed, relative to `prefix`; empty: all of them count
   */
  async #walk(prefix: string, last: readonly string[], walk: Walk): Promise<void> {
    const names = await this.folders.list(REPOSITORIES + prefix) ?? [];
    const [first] = last;
    const candidates = names.filter((name) =>
      !name.startsWith("_") && (first === undefined || name >= first)
    );
    for (let i = 0; i < candidates.length && walk.found.length < walk.wanted;) {
      const { turn, next } = takeTurn(candidates, i, prefix, walk);
      i = next;
      if (turn.length === 0 && i < candidates.length) await otherWork();
      const listed = await inTurns(
        turn,
        PARALLEL,
        (name) => this.folders.list(`${REPOSITORIES}${prefix}/${name}`),
      );
      for (const [index, name] of turn.entries()) {
        const children = listed[index];
        if (children === undefined) continue;
        const rest = name === first ? last.slice(1) : undefined;
        await this.#visit(`${prefix}/${name}`, children, rest, walk);
        if (walk.found.length >= walk.wanted) return;
      }
    }
  }

  /** @param last what remains of `last` when this folder is the one it leads through; empty: it is `last` itself */
  async #visit(
    path: string,
    children: readonly string[],
    last: readonly string[] | undefined,
    walk: Walk,
  ): Promise<void> {
    const text = path.slice(1);
    if (last === undefined && children.includes(this.holds) && walk.sight?.sees(text) !== false) {
      const name = asRepositoryName(text);
      if (name) walk.found.push(name);
    }
    const goesOn = walk.found.length < walk.wanted &&
      children.some((child) => !child.startsWith("_"));
    if (goesOn && walk.sight?.seesBelow(text) !== false) await this.#walk(path, last ?? [], walk);
  }
}

/** What is the same in all folders of one walk. */
interface Walk {
  /** Names after which it ends. */
  readonly wanted: number;
  readonly sight: Sight | undefined;
  readonly found: RepositoryName[];
}

/** The folders, from the one at `from`, to look into next: as many as may still be needed, and only those where something may be seen. */
function takeTurn(
  candidates: readonly string[],
  from: number,
  prefix: string,
  { sight, wanted, found }: Walk,
): { readonly turn: readonly string[]; readonly next: number } {
  const most = Math.min(PARALLEL * 4, wanted - found.length);
  if (sight === undefined) {
    const turn = candidates.slice(from, from + most);
    return { turn, next: from + turn.length };
  }
  const end = Math.min(candidates.length, from + PASSED_AT_ONCE);
  const turn: string[] = [];
  let next = from;
  for (; next < end && turn.length < most; next++) {
    const name = candidates[next] ?? "";
    const path = `${prefix}/${name}`.slice(1);
    if (sight.sees(path) || sight.seesBelow(path)) turn.push(name);
  }
  return { turn, next };
}

/** Lets other requests have their turn. */
function otherWork(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
