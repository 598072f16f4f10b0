import { inTurns } from "../async/in_turns.ts";
import { asRepositoryName, type RepositoryName } from "../oci/reference.ts";
import type { Folders } from "./folders.ts";
import { REPOSITORIES } from "./layout.ts";
import type { Listing, Page } from "./registry.ts";

/** Folders looked into at once. */
const PARALLEL = 32;

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

  async list(page: Page): Promise<Listing<RepositoryName>> {
    if (page.limit === 0) return { entries: [], more: false };
    const last = page.last === "" ? [] : page.last.split("/");
    const wanted = page.limit === undefined ? Infinity : page.limit + 1;
    const found: RepositoryName[] = [];
    await this.#walk("", last, wanted, found);
    const more = page.limit !== undefined && found.length > page.limit;
    return { entries: more ? found.slice(0, page.limit) : found, more };
  }

  /**
   * Adds what lies below `prefix` and sorts after `last`.
   * @param last the components that are still to be passed, relative to `prefix`; empty: all of them count
   */
  async #walk(
    prefix: string,
    last: readonly string[],
    wanted: number,
    found: RepositoryName[],
  ): Promise<void> {
    const names = await this.folders.list(REPOSITORIES + prefix) ?? [];
    const [first] = last;
    const candidates = names.filter((name) =>
      !name.startsWith("_") && (first === undefined || name >= first)
    );
    for (let i = 0; i < candidates.length && found.length < wanted;) {
      const turn = candidates.slice(i, i + Math.min(PARALLEL * 4, wanted - found.length));
      i += turn.length;
      const listed = await inTurns(
        turn,
        PARALLEL,
        (name) => this.folders.list(`${REPOSITORIES}${prefix}/${name}`),
      );
      for (const [index, name] of turn.entries()) {
        const children = listed[index];
        if (children === undefined) continue;
        await this.#visit(
          `${prefix}/${name}`,
          children,
          name === first ? last.slice(1) : undefined,
          wanted,
          found,
        );
        if (found.length >= wanted) return;
      }
    }
  }

  /** @param last what remains of `last` when this folder is the one it leads through; empty: it is `last` itself */
  async #visit(
    path: string,
    children: readonly string[],
    last: readonly string[] | undefined,
    wanted: number,
    found: RepositoryName[],
  ): Promise<void> {
    if (last === undefined && children.includes(this.holds)) {
      const name = asRepositoryName(path.slice(1));
      if (name) found.push(name);
    }
    if (found.length < wanted && children.some((child) => !child.startsWith("_"))) {
      await this.#walk(path, last ?? [], wanted, found);
    }
  }
}
