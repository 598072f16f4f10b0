/** Bytes of a chunk; chunks begin at multiples of it. */
const CHUNK = 256 * 1024;
/** Chunks that are kept. */
const KEPT = 32;

type Bytes = Uint8Array<ArrayBuffer>;

/** How far behind the last byte that is there something may be looked for: what is older is no longer kept. */
export const SHARED_REACH: number = CHUNK * (KEPT - 1);

interface Chunk {
  readonly bytes: Bytes;
  filled: number;
}

/** The last bytes of a file that grows, read once for all who follow it at its head. */
export class SharedChunks {
  /** By number, the one made first first. */
  readonly #chunks = new Map<number, Chunk>();

  /** @param readNow of the file; undefined when it would have to be waited for */
  constructor(
    private readonly readNow: (into: Bytes, position: number) => number | undefined,
  ) {}

  /**
   * Bytes from `position` on, at most `length`; undefined when they cannot be had at once.
   * @param end of what of the file may be read
   */
  view(position: number, length: number, end: number): Bytes | undefined {
    const number = Math.floor(position / CHUNK);
    const start = number * CHUNK;
    const chunk = this.#chunk(number);
    if (position - start >= chunk.filled && !this.#fill(chunk, start, end)) return undefined;
    const from = position - start;
    const to = Math.min(chunk.filled, from + length);
    return to > from ? chunk.bytes.subarray(from, to) : undefined;
  }

  /** Gives back the memory. */
  clear(): void {
    this.#chunks.clear();
  }

  /** What is in a chunk stays as it is, since sockets hold views of it; more is put behind it. */
  #fill(chunk: Chunk, start: number, end: number): boolean {
    const into = chunk.bytes.subarray(chunk.filled, Math.min(CHUNK, end - start));
    const count = this.readNow(into, start + chunk.filled) ?? 0;
    chunk.filled += count;
    return count > 0;
  }

  #chunk(number: number): Chunk {
    let chunk = this.#chunks.get(number);
    if (chunk === undefined) {
      chunk = { bytes: new Uint8Array(CHUNK), filled: 0 };
      this.#chunks.set(number, chunk);
      for (const oldest of this.#chunks.keys()) {
        if (this.#chunks.size <= KEPT) break;
        this.#chunks.delete(oldest);
      }
    }
    return chunk;
  }
}
