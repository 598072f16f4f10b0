import type { FetchedBlob } from "./upstream.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * A range that is fetched for one client beside the fill, because the fill will not come there for long. It is passed through: not
 * verified, not kept. When it cannot be had, the client waits for the fill after all.
 */
export class SideRange {
  readonly #abort = new AbortController();
  #chunks: AsyncIterator<Bytes> | undefined;
  #chunk: Bytes = new Uint8Array(0);
  /** Position of the chunk's first byte. */
  #at: number;
  #pulling: Promise<void> | undefined;
  #over = false;

  /**
   * @param fetch the bytes from start to end
   * @param end exclusive
   */
  constructor(
    private readonly fetch: (signal: AbortSignal) => Promise<FetchedBlob | undefined>,
    start: number,
    private readonly end: number,
    private readonly onEnd: () => void,
  ) {
    this.#at = start;
  }

  /** Whether it has these bytes, or will have them: it goes forward only. */
  covers(position: number): boolean {
    return !this.#over && position >= this.#at && position < this.end &&
      position <= this.#at + this.#chunk.length;
  }

  view(position: number, length: number): Bytes | undefined {
    const from = position - this.#at;
    return from < this.#chunk.length ? this.#chunk.subarray(from, from + length) : undefined;
  }

  /** Resolves when the bytes are there, or will not come from here. */
  ready(position: number): Promise<void> | undefined {
    if (this.view(position, 1) !== undefined) return undefined;
    return this.#pulling ??= this.#pull().finally(() => this.#pulling = undefined);
  }

  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#abort.abort();
    // A generator that waits for upstream ends by the signal; its end is nobody's concern.
    this.#chunks?.return?.()?.catch(() => undefined);
    this.onEnd();
  }

  async #pull(): Promise<void> {
    try {
      const chunks = this.#chunks ??= await this.#open();
      const next = await chunks.next();
      if (next.done === true) return this.close();
      this.#at += this.#chunk.length;
      this.#chunk = next.value;
    } catch {
      this.close(); // the fill's own requests tell why upstream fails
    }
  }

  async #open(): Promise<AsyncIterator<Bytes>> {
    const fetched = await this.fetch(this.#abort.signal);
    if (fetched === undefined) throw new Error("upstream has it no more");
    return fetched.chunks[Symbol.asyncIterator]();
  }
}
