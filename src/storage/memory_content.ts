const MIB = 1024 * 1024;
/** Chunks from this size on are kept as they are when they own their buffer; smaller ones would waste more than they save. */
const KEPT_WHOLE = 16 * 1024;
const LEAST_BLOCK = 4 * 1024;

/**
 * The bytes of one file in memory, each held once, in blocks that are never copied to grow. It only ever becomes longer: what
 * replaces or truncates a file puts a new content in its place, so that whoever reads the old one can go on.
 */
export class MemoryContent {
  readonly #blocks: Uint8Array<ArrayBuffer>[] = [];
  /** Position of the first byte of each block. */
  readonly #starts: number[] = [];
  /** Room in the last block that isn't part of the content yet. */
  #spare = 0;
  #size = 0;
  /** Block of the last look-up: the next one is mostly there or just behind. */
  #lastBlock = 0;

  /** In bytes. */
  get size(): number {
    return this.#size;
  }

  /** Takes the chunk; it must not be changed any more. */
  append(chunk: Uint8Array<ArrayBuffer>): void {
    if (chunk.length >= KEPT_WHOLE && chunk.length === chunk.buffer.byteLength) {
      this.trim();
      this.#addBlock(chunk, chunk.length);
      return;
    }
    for (let rest = chunk; rest.length > 0;) {
      if (this.#spare === 0) this.#addBlock(new Uint8Array(this.#nextBlock(rest.length)), 0);
      const block = this.#blocks.at(-1)!;
      const part = rest.subarray(0, this.#spare);
      block.set(part, block.length - this.#spare);
      this.#spare -= part.length;
      this.#size += part.length;
      rest = rest.subarray(part.length);
    }
  }

  /** Gives back the spare room of the last block. To be called when nothing is likely to follow. */
  trim(): void {
    const last = this.#blocks.at(-1);
    if (last === undefined || this.#spare === 0) return;
    this.#blocks[this.#blocks.length - 1] = last.slice(0, last.length - this.#spare);
    this.#spare = 0;
  }

  /** A view of bytes from `position` on: at most `length`, empty at the end, and never over a block's border. */
  view(position: number, length: number): Uint8Array<ArrayBuffer> {
    if (position >= this.#size || length <= 0) return new Uint8Array(0);
    const index = this.#find(position);
    const offset = position - this.#starts[index]!;
    const most = Math.min(length, this.#size - position);
    return this.#blocks[index]!.subarray(offset, offset + most);
  }

  /** Fills `into` from `position`, up to `end`. @returns the bytes copied */
  copy(into: Uint8Array<ArrayBuffer>, position: number, end: number): number {
    let done = 0;
    while (done < into.length) {
      const part = this.view(position + done, Math.min(into.length - done, end - position - done));
      if (part.length === 0) break;
      into.set(part, done);
      done += part.length;
    }
    return done;
  }

  #addBlock(block: Uint8Array<ArrayBuffer>, used: number): void {
    this.#starts.push(this.#size);
    this.#blocks.push(block);
    this.#spare = block.length - used;
    this.#size += used;
  }

  /** As much as there is already, so that a file in small chunks takes few blocks; the last one is trimmed. */
  #nextBlock(atLeast: number): number {
    return Math.min(Math.max(this.#size, atLeast, LEAST_BLOCK), MIB);
  }

  #find(position: number): number {
    const holds = (index: number) =>
      position >= this.#starts[index]! && position < (this.#starts[index + 1] ?? this.#size);
    if (holds(this.#lastBlock)) return this.#lastBlock;
    if (this.#lastBlock + 1 < this.#blocks.length && holds(this.#lastBlock + 1)) {
      return ++this.#lastBlock;
    }
    let low = 0;
    let high = this.#blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle]! <= position) low = middle;
      else high = middle - 1;
    }
    return this.#lastBlock = low;
  }
}
