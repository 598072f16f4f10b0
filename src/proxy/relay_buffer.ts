type Bytes = Uint8Array<ArrayBuffer>;

interface Piece {
  readonly start: number;
  readonly bytes: Bytes;
}

/** The part of a blob that is in memory only: what the slowest reader still needs. */
export class RelayBuffer {
  #pieces: Piece[] = [];
  #end: number;

  /** @param start position of the first byte that will be added */
  constructor(readonly start: number) {
    this.#end = start;
  }

  get end(): number {
    return this.#end;
  }

  add(bytes: Bytes): void {
    this.#pieces.push({ start: this.#end, bytes });
    this.#end += bytes.length;
  }

  /** Bytes from `position` on, at most `length`, never over a piece's border; undefined when they are no longer here. */
  view(position: number, length: number): Bytes | undefined {
    const piece = this.#pieces.findLast(({ start }) => start <= position);
    const from = position - (piece?.start ?? 0);
    return piece?.bytes.subarray(from, from + length);
  }

  /** Gives up what lies before `position`. */
  drop(position: number): void {
    const first = this.#pieces.findIndex(({ start, bytes }) => start + bytes.length > position);
    this.#pieces = first < 0 ? [] : this.#pieces.slice(first);
  }
}
