/**
 * A bounded queue of which every owner gets the same share: owners are served in turn, and when it is full, the last item of the owner
 * with the most gives way to one whose owner would have fewer. So one who fills it keeps nobody else out.
 */
export class FairQueue<T> {
  /** In the order in which they are served; none is empty. */
  readonly #owners = new Map<string, T[]>();
  #size = 0;

  constructor(private readonly most: number) {}

  get size(): number {
    return this.#size;
  }

  /** @returns what there is no room for: another item, or this one */
  push(owner: string, item: T): T | undefined {
    const dropped = this.#size < this.most ? undefined : this.#makeRoom(owner);
    if (this.#size >= this.most) return item;
    const items = this.#owners.get(owner);
    if (items === undefined) this.#owners.set(owner, [item]);
    else items.push(item);
    this.#size++;
    return dropped;
  }

  shift(): T | undefined {
    const next = this.#owners.entries().next().value;
    if (next === undefined) return undefined;
    const [owner, items] = next;
    const item = items.shift();
    this.#size--;
    // behind all others
    this.#owners.delete(owner);
    if (items.length > 0) this.#owners.set(owner, items);
    return item;
  }

  #makeRoom(owner: string): T | undefined {
    let longest: [string, T[]] | undefined;
    for (const entry of this.#owners) {
      if (longest === undefined || entry[1].length > longest[1].length) longest = entry;
    }
    const own = this.#owners.get(owner)?.length ?? 0;
    if (longest === undefined || longest[1].length <= own + 1) return undefined;
    this.#size--;
    return longest[1].pop();
  }
}
