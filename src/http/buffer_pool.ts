type Bytes = Uint8Array<ArrayBuffer>;

/** Keeps buffers of a few lengths for use again: a new one is zeroed and paged in, which costs as much as to fill it. */
export class BufferPool {
  readonly #spare: ReadonlyMap<number, Bytes[]>;

  /**
   * @param lengths of the buffers that are kept
   * @param most bytes of each length that are kept
   */
  constructor(lengths: readonly number[], private readonly most: number) {
    this.#spare = new Map(lengths.map((length) => [length, []]));
  }

  /** Its content is anything. */
  take(length: number): Bytes {
    return this.#spare.get(length)?.pop() ?? new Uint8Array(length);
  }

  /** Only for what nothing reads or writes any more. */
  giveBack(buffer: Bytes): void {
    const spare = this.#spare.get(buffer.length);
    if (spare && (spare.length + 1) * buffer.length <= this.most) spare.push(buffer);
  }
}
