import type { Clock } from "../async/clock.ts";
import { Trash } from "../registry/trash.ts";
import type { StorageDriver } from "../storage/driver.ts";
import { type Generation, Generations, LostGenerationError } from "./generations.ts";
import { type Item, pathOf } from "./item.ts";
import { type Mark, mark } from "./mark.ts";
import type { Roots } from "./repository_mark.ts";
import { EVERYTHING, type Scope } from "./scope.ts";
import { sideBySide } from "./side_by_side.ts";
import { type Garbage, sweep } from "./sweep.ts";
import { Tree } from "./tree.ts";
import { Turns } from "./turns.ts";

/** Items put back or dropped side by side. */
const PARALLEL = 8;
/** Items hidden between two signs of life. */
const ALIVE_EVERY = 64;

export interface RoundOptions {
  readonly driver: StorageDriver;
  readonly clock: Clock;
  /** Only what was last written or used longer ago is taken; in milliseconds. A cache that evicts takes 0. */
  readonly grace: number;
  /**
   * How long a closed generation is kept before it is emptied, in milliseconds; 0: emptied at once, which a file system that shows
   * old looks (NFS) does not allow.
   */
  readonly keep: number;
  /** A collector that has not been heard of for so long is dead; in milliseconds, an hour by default. */
  readonly deadAfter?: number;
  /** By default the whole tree. */
  readonly scope?: Scope;
  /** `-m`: manifests to which no tag leads are garbage too. */
  readonly untagged?: boolean;
  /** Only says what would go. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
  /** Told of everything that is hidden, or in a dry run would be. */
  readonly onGarbage?: (garbage: Garbage) => void;
}

export interface RoundReport {
  /** Of which the manifests were read. */
  readonly repositories: number;
  /** That are needed. */
  readonly manifests: number;
  /** What is gone, or in a dry run would be. What was put back does not count. */
  readonly blobs: number;
  readonly layers: number;
  readonly revisions: number;
  readonly bytes: number;
  /** Items that came back, since they were needed after all or their collector died. */
  readonly putBack: number;
}

const HOUR = 60 * 60 * 1000;

/**
 * One round of collecting garbage, beside writers, readers and other collectors, as in gc_protocol.md.
 *
 * Why it is safe. Writers publish first and check afterwards, the collector hides first and looks afterwards: of two such, at least one
 * sees the other. What a check misses can only be in a generation, whence Trash.find takes it back. A generation is emptied only after a
 * mark that began when it was closed, so that everything published before is known to that mark. A crash leaves items in place or in a
 * generation, and the next round puts them back or finishes.
 *
 * Why a narrow round may count links instead of reading all manifests. Data to which a manifest leads has a layer link in its repository,
 * checked after the manifest was published. The count misses such a link only when it is hidden at that moment, by a collector whose
 * mark began before the manifest was published and whose generation exists from before that mark until its second mark has put the link
 * back. The manifest of an acknowledged push was published before our second mark, or its second check finds our generation. So a
 * generation that could mislead the second mark is there when that mark begins, and it then reads all manifests, as a whole round does.
 * One that is made while we mark is seen afterwards, and we mark anew.
 *
 * @throws UnreadableManifestError before anything is hidden; LostGenerationError; what the store throws, and the signal's reason. In each
 * case everything that was hidden is put back, as far as the store lets us
 */
export async function collect(options: RoundOptions): Promise<RoundReport> {
  return await new Round(options).run();
}

/**
 * Puts back or empties what earlier rounds have left in the trash, and hides nothing. To be called when a server starts, and before a
 * narrow round: beside another generation that would have to read all manifests, each time.
 * @throws as collect
 */
export async function finishGenerations(
  options: Omit<RoundOptions, "scope" | "dryRun" | "onGarbage">,
): Promise<RoundReport | undefined> {
  return await new Round(options).finish();
}

class Round {
  readonly #options: RoundOptions;
  readonly #scope: Scope;
  readonly #tree: Tree;
  readonly #generations: Generations;
  /** What this round has hidden, by path. */
  readonly #hidden = new Map<string, Garbage>();
  #putBack = 0;

  constructor(options: RoundOptions) {
    this.#options = options;
    this.#scope = options.scope ?? EVERYTHING;
    const { driver } = options;
    this.#tree = new Tree(driver, new Trash(driver), new Turns(options.signal));
    this.#generations = new Generations(this.#tree, options.clock);
  }

  async run(): Promise<RoundReport> {
    if (this.#options.dryRun) return await this.#dryRun();
    let own = await this.#generations.open(); // before the mark: see Trash.recover
    try {
      this.#tree.own = { name: own, hidden: new Set() };
      const { marked, others, items } = await this.#mark(own, []);
      await this.#treat(others, items, marked);
      await this.#hide(own, marked);
      own = await this.#generations.close(own);
      return await this.#lookAgain(own);
    } catch (error) {
      await this.#giveUp(own);
      throw error;
    }
  }

  /** Steps 2 to 4. @returns undefined when the trash is empty */
  async finish(): Promise<RoundReport | undefined> {
    if ((await this.#generations.others(undefined)).length === 0) return undefined;
    const { marked, others, items } = await this.#mark(undefined, []);
    await this.#treat(others, items, marked);
    return this.#report(marked, []);
  }

  /**
   * The others are listed before the mark: what is closed by then was hidden before it.
   * @param hidden in our own generation
   */
  async #mark(own: string | undefined, hidden: readonly Item[]) {
    const roots: Roots = {
      taggedOnly: this.#options.untagged ?? false,
      youngSince: this.#before,
    };
    for (let everything = this.#scope.data === undefined;; everything = true) {
      const others = await this.#generations.others(own);
      everything ||= others.length > 0;
      const items = everything ? await this.#itemsOf(others) : new Map<string, Item[]>();
      const marked = await mark(this.#tree, this.#scope, roots, {
        everything,
        hidden: [...hidden, ...[...items.values()].flat()],
      });
      const misled = !everything && (await this.#generations.others(own)).length > 0;
      if (!misled) return { marked, others, items, everything };
    }
  }

  /** What lies in the closed ones. */
  async #itemsOf(others: readonly Generation[]): Promise<Map<string, Item[]>> {
    const items = new Map<string, Item[]>();
    for (const { name } of others.filter(({ closed }) => closed)) {
      items.set(name, await Array.fromAsync(this.#generations.items(name)));
    }
    return items;
  }

  /** Step 4. A narrow round knows too little of what they hold to empty them. */
  async #treat(
    others: readonly Generation[],
    items: ReadonlyMap<string, readonly Item[]>,
    marked: Mark,
  ): Promise<void> {
    for (const { name, closed, age } of others) {
      const held = items.get(name) ?? [];
      if (!closed) {
        if (age >= (this.#options.deadAfter ?? HOUR)) await this.#putAllBack(name);
      } else if (held.some(({ kind }) => kind === "revision") && !this.#options.untagged) {
        await this.#putAllBack(name); // its collector took revisions for garbage; to us none is
      } else if (this.#scope.data === undefined) {
        await this.#finish(name, held, marked, age >= this.#options.keep);
      }
    }
  }

  async #hide(own: string, marked: Mark): Promise<void> {
    const hidden = new Set<string>();
    this.#tree.own = { name: own, hidden };
    await sweep(this.#tree, marked, {
      scope: this.#scope,
      before: this.#before,
      take: async (garbage) => {
        const path = pathOf(garbage.item);
        if (this.#hidden.size % ALIVE_EVERY === 0) await this.#generations.keepAlive(own);
        hidden.add(path);
        if (!await this.#generations.hide(own, garbage.item)) return false;
        this.#hidden.set(path, garbage);
        this.#options.onGarbage?.(garbage);
        return true;
      },
    });
    await this.#generations.keepAlive(own);
  }

  /** Step 7. */
  async #lookAgain(own: string): Promise<RoundReport> {
    this.#tree.own = { name: own, hidden: new Set(this.#hidden.keys()) };
    const items = [...this.#hidden.values()].map(({ item }) => item);
    const { marked } = await this.#mark(own, items);
    // Manifests are kept for a later round in any case: a push takes an index whose child lacks its layers, and might find the one
    // here and not the others.
    const drop = this.#options.keep === 0 && !this.#options.untagged;
    const back = await this.#finish(own, items, marked, drop);
    for (const path of back) this.#hidden.delete(path);
    return this.#report(marked, [...this.#hidden.values()]);
  }

  /** Puts back what is needed, and unlinks the rest if it is to go now. @returns the paths of what came back */
  async #finish(
    name: string,
    items: readonly Item[],
    marked: Mark,
    drop: boolean,
  ): Promise<string[]> {
    const back: string[] = [];
    await sideBySide(items, PARALLEL, async (item) => {
      await this.#tree.turns.pause();
      if (marked.needs(item)) {
        if (await this.#generations.putBack(name, item)) this.#putBack++;
        back.push(pathOf(item));
      } else if (drop) await this.#generations.drop(name, item);
    });
    if (drop || back.length === items.length) await this.#generations.remove(name);
    return back;
  }

  async #putAllBack(name: string): Promise<void> {
    try {
      this.#putBack += await this.#generations.putAllBack(name);
    } catch (error) {
      if (!(error instanceof LostGenerationError)) throw error; // another puts it back just now
    }
  }

  /** With a tree that does not ask the signal any more. What the store refuses here, a later round does. */
  async #giveUp(own: string): Promise<void> {
    const tree = new Tree(this.#tree.driver, this.#tree.trash, new Turns());
    try {
      await new Generations(tree, this.#options.clock).putAllBack(own);
    } catch {
      // It is found all the same by whoever misses something (Trash.find).
    }
  }

  async #dryRun(): Promise<RoundReport> {
    const { marked } = await this.#mark(undefined, []);
    const garbage: Garbage[] = [];
    await sweep(this.#tree, marked, {
      scope: this.#scope,
      before: this.#before,
      take: (one) => {
        garbage.push(one);
        this.#options.onGarbage?.(one);
        return Promise.resolve(true);
      },
    });
    return this.#report(marked, garbage);
  }

  #report({ repositories, manifests }: Mark, gone: readonly Garbage[]): RoundReport {
    const count = (kind: Item["kind"]) => gone.filter(({ item }) => item.kind === kind).length;
    return {
      repositories,
      manifests,
      blobs: count("blob"),
      layers: count("layer"),
      revisions: count("revision"),
      bytes: gone.reduce((sum, { bytes }) => sum + bytes, 0),
      putBack: this.#putBack,
    };
  }

  get #before(): number {
    return this.#options.clock.now() - this.#options.grace;
  }
}
