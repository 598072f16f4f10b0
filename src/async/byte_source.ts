/**
 * Random access to bytes that do not change while they are open: an open blob file, or a payload in memory.
 * Storage hands them out, the front's pump sends them; neither knows the other.
 */
export interface ByteSource {
  /** In bytes. */
  readonly size: number;
  /** Fills `into` from `position`. Resolves to the bytes read, fewer than asked only at the end, 0 past it. */
  read(into: Uint8Array<ArrayBuffer>, position: number): Promise<number>;
  /**
   * The same without waiting, or `undefined` when the bytes may have to come from a disk: then use `read`.
   * (A blocking read that misses the page cache holds up every other request.)
   */
  readNow?(into: Uint8Array<ArrayBuffer>, position: number): number | undefined;
  /** A view of bytes from `position` that are in memory anyway, at most `length` long; must not be written to. */
  view?(position: number, length: number): Uint8Array<ArrayBuffer>;
  /** Gives back the file. May be called more than once. */
  close(): void;
}

/** Bytes `start` (inclusive) to `end` (exclusive) of a source; whoever takes the region closes the source. */
export interface Region {
  readonly source: ByteSource;
  readonly start: number;
  readonly end: number;
}
