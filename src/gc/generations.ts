import type { Clock } from "../async/clock.ts";
import { hiddenPath, TRASH } from "../registry/layout.ts";
import { present, sane } from "../registry/trash.ts";
import { StorageError } from "../storage/driver.ts";
import { folderOf, type Item, itemAt, pathOf } from "./item.ts";
import type { Tree } from "./tree.ts";

/** A folder of the trash. */
export interface Generation {
  /** `open-…` while its collector fills it; readers know it by that (trash.ts). */
  readonly name: string;
  readonly closed: boolean;
  /** Since its owner was last heard of, or since it was closed; in milliseconds. */
  readonly age: number;
}

/** Another collector has put everything back: it took this one for dead. */
export class LostGenerationError extends Error {
  override readonly name = "LostGenerationError";
  constructor(name: string) {
    super(
      `Cannot go on collecting garbage: another collector has taken ${name} for that of a dead one. ` +
        "Nothing was lost; check that the clocks of all machines agree",
    );
  }
}

/** Its name is written in it; its time says when the owner was last heard of. */
const ALIVE = "alive";

/** The folders of the trash, and the moves between them and the tree. Only renames lead in and out. */
export class Generations {
  constructor(private readonly tree: Tree, private readonly clock: Clock) {}

  async open(): Promise<string> {
    const name = `open-${this.clock.now()}-${crypto.randomUUID()}`;
    await this.tree.driver.putContent(`${TRASH}/${name}/${ALIVE}`, new Uint8Array([49]));
    return name;
  }

  /** Says that the owner is at work. @throws LostGenerationError */
  async keepAlive(name: string): Promise<void> {
    const { driver } = this.tree;
    const path = `${TRASH}/${name}/${ALIVE}`;
    const there = await present(async () => {
      await (driver.touch ? driver.touch(path) : driver.stat(path));
      return true;
    });
    if (!there) throw new LostGenerationError(name);
  }

  /** @returns its new name @throws LostGenerationError */
  async close(name: string): Promise<string> {
    const closed = `closed-${this.clock.now()}-${crypto.randomUUID()}`;
    const done = await present(async () => {
      await this.tree.driver.move(`${TRASH}/${name}`, `${TRASH}/${closed}`);
      return true;
    });
    if (!done) throw new LostGenerationError(name);
    return closed;
  }

  /** All but this one. */
  async others(own: string | undefined): Promise<Generation[]> {
    const found: Generation[] = [];
    for (const name of await present(() => this.tree.driver.list(TRASH)) ?? []) {
      if (name === own) continue;
      const closed = !name.startsWith("open-");
      const since = closed
        ? Number(/^closed-(\d+)/.exec(name)?.[1] ?? NaN)
        : await this.#alive(name);
      found.push({ name, closed, age: Number.isNaN(since) ? Infinity : this.clock.now() - since });
    }
    return found;
  }

  /** What lies in it. */
  async *items(name: string): AsyncGenerator<Item> {
    const waiting = [`${TRASH}/${name}`];
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      await this.tree.turns.pause();
      const folder = at;
      for (const child of await sane(() => this.tree.driver.list(folder)) ?? []) {
        const path = `${folder}/${child}`;
        if (child !== "link" && child !== "data") waiting.push(path);
        else {
          const place = path.slice(`${TRASH}/${name}`.length);
          const canonical = child === "link" ? await this.tree.content(path) : undefined;
          const item = itemAt(place, canonical);
          if (item !== undefined) yield item;
        }
      }
    }
  }

  /** Hides the item, with the folder that is its alone. @returns false when it is not in place (any more) */
  async hide(name: string, item: Item): Promise<boolean> {
    const folder = folderOf(item);
    try {
      return await present(async () => {
        await this.tree.driver.move(folder, hiddenPath(name, folder));
        return true;
      }) ?? false;
    } catch (error) {
      // It was hidden, taken back and left a file there: let a later round see to it.
      if (error instanceof StorageError && error.code === "ENOTEMPTY") return false;
      throw error;
    }
  }

  /** @returns false when it is not there (any more) */
  async putBack(name: string, item: Item): Promise<boolean> {
    const path = pathOf(item);
    return await present(async () => {
      await this.tree.driver.move(hiddenPath(name, path), path);
      return true;
    }) ?? false;
  }

  /** Unlinks it for good. */
  async drop(name: string, item: Item): Promise<void> {
    const folder = hiddenPath(name, folderOf(item));
    await present(() => this.tree.driver.remove(folder, { lazy: true }));
  }

  /**
   * Of one whose owner died, or is about to give up. It is closed first: an owner that is only slow then makes a new folder under the
   * old name instead of putting things into one that is being removed.
   */
  async putAllBack(name: string): Promise<number> {
    let count = 0;
    const closed = name.startsWith("open-") ? await this.close(name) : name;
    for await (const item of this.items(closed)) if (await this.putBack(closed, item)) count++;
    await this.remove(closed);
    return count;
  }

  /** Removes one that is closed, when no item is left in it. */
  async remove(name: string): Promise<void> {
    for await (const _item of this.items(name)) return;
    await present(() => this.tree.driver.remove(`${TRASH}/${name}`, { lazy: true }));
  }

  async #alive(name: string): Promise<number> {
    const info = await this.tree.stat(`${TRASH}/${name}/${ALIVE}`) ??
      await this.tree.stat(`${TRASH}/${name}`);
    return info?.modified.getTime() ?? NaN;
  }
}
