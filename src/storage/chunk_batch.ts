/** Smaller chunks are put together: a message, or a write, each would cost more than copying them. */
const SMALL = 16 * 1024;
const SLAB = 64 * 1024;

/** Chunks on their way to a worker, each the only owner of its buffer, so that it can be transferred. */
export class ChunkBatch {
  #chunks: Uint8Array<ArrayBuffer>[] = [];
  #slab: Uint8Array<ArrayBuffer> | undefined;
  #slabUsed = 0;
  #bytes = 0;

  /** Bytes in the batch. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes the chunk; a view of a larger buffer is copied. */
  add(chunk: Uint8Array<ArrayBuffer>): void {
    this.#bytes += chunk.length;
    if (chunk.length < SMALL) return this.#addSmall(chunk);
    this.#sealSlab();
    const ownsBuffer = chunk.length === chunk.buffer.byteLength;
    this.#chunks.push(ownsBuffer ? chunk : chunk.slice());
  }

  /** All chunks, in order; the batch is empty then. */
  take(): Uint8Array<ArrayBuffer>[] {
    this.#sealSlab();
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#bytes = 0;
    return chunks;
  }

  /** The same in one piece. */
  takeJoined(): Uint8Array<ArrayBuffer> {
    const chunks = this.take();
    const [first] = chunks;
    if (first !== undefined && chunks.length === 1) return first;
    const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    let at = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return bytes;
  }

  #addSmall(chunk: Uint8Array<ArrayBuffer>): void {
    for (let rest = chunk; rest.length > 0;) {
      this.#slab ??= new Uint8Array(SLAB);
      const part = rest.subarray(0, SLAB - this.#slabUsed);
      this.#slab.set(part, this.#slabUsed);
      this.#slabUsed += part.length;
      if (this.#slabUsed === SLAB) this.#sealSlab();
      rest = rest.subarray(part.length);
    }
  }

  #sealSlab(): void {
    if (this.#slab === undefined) return;
    this.#chunks.push(this.#slab.subarray(0, this.#slabUsed));
    this.#slab = undefined;
    this.#slabUsed = 0;
  }
}
