/** Bytes that even the smallest file takes up in the count, so that the table stays small. */
const LEAST = 64 * 1024;

/**
 * Files that are likely in the page cache, because this process wrote them or read them whole not long ago. A blocking read is
 * about twice as fast as one on another thread, but only then: from a cold disk it would hold up every other request for
 * milliseconds. Whether pages are there can't be asked from here, so it is guessed: the last files up to a part of the memory, and
 * one that disappointed is struck off. Inodes are the keys, since an upload is renamed when it becomes a blob.
 */
export class WarmFiles {
  readonly #limit: number;
  readonly #sizes = new Map<number, number>();
  #total = 0;

  /** @param limit in bytes, over all files */
  constructor(limit: number) {
    this.#limit = limit;
  }

  has(inode: number, size: number): boolean {
    return this.#sizes.get(inode) === size;
  }

  /** The file was just written, or read, from its first to its last byte. */
  add(inode: number, size: number): void {
    this.remove(inode);
    if (inode === 0 || cost(size) > this.#limit) return;
    this.#sizes.set(inode, size);
    this.#total += cost(size);
    for (const oldest of this.#sizes.keys()) {
      if (this.#total <= this.#limit) break;
      this.remove(oldest);
    }
  }

  remove(inode: number): void {
    const size = this.#sizes.get(inode);
    if (size === undefined) return;
    this.#sizes.delete(inode);
    this.#total -= cost(size);
  }
}

function cost(size: number): number {
  return Math.max(size, LEAST);
}
