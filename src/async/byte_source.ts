/**
 * Random access to bytes that do not change while they are open: an open blob file, a payload in memory, or a blob of which more and
 * more is there. Storage and caches hand them out, the front's pump sends them; neither knows the other.
 */
export interface ByteSource {
  /** In bytes. */
  readonly size: number;
  /**
   * Fills `into` from `position`. Resolves to the bytes read: 0 past the end, and fewer than asked only at the end, or at the last
   * byte that is there yet; then at least one is waited for.
   */
  read(into: Uint8Array<ArrayBuffer>, position: number): Promise<number>;
  /**
   * The same without waiting, or `undefined` when the bytes may have to come from a disk: then use `read`.
   * (A blocking read that misses the page cache holds up every other request.)
   */
  readNow?(into: Uint8Array<ArrayBuffer>, position: number): number | undefined;
  /**
   * A view of bytes from `position` that are in memory anyway, at most `length` long; must not be written to. `undefined` when they
   * are not.
   */
  view?(position: number, length: number): Uint8Array<ArrayBuffer> | undefined;
  /**
   * Resolves when the bytes at `position` are there to be read, rejects when they will never be; `undefined`: they are. Absent: all
   * are there from the start. Whoever waits by this instead of by `read` needs no buffer meanwhile.
   */
  ready?(position: number): Promise<void> | undefined;
  /** Told before the first read which bytes (`end` exclusive) will be wanted, one after the other. */
  expect?(start: number, end: number): void;
  /** Gives back the file. May be called more than once. */
  close(): void;
}

/** Bytes `start` (inclusive) to `end` (exclusive) of a source; whoever takes the region closes the source. */
export interface Region {
  readonly source: ByteSource;
  readonly start: number;
  readonly end: number;
}

/** A source over bytes that are in memory. */
export function bytesSource(bytes: Uint8Array<ArrayBuffer>): ByteSource {
  const view = (position: number, length: number) => bytes.subarray(position, position + length);
  const readNow = (into: Uint8Array<ArrayBuffer>, position: number) => {
    const part = view(position, into.length);
    into.set(part);
    return part.length;
  };
  return {
    size: bytes.length,
    view,
    readNow,
    read: (into, position) => Promise.resolve(readNow(into, position)),
    close: () => {},
  };
}

/** All bytes of a source, in memory: for small content only. The caller closes the source. */
export async function readAll(source: ByteSource): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(source.size);
  for (let position = 0; position < bytes.length;) {
    const read = await source.read(bytes.subarray(position), position);
    if (read === 0) {
      throw new Error(`Cannot read all of ${bytes.length} bytes: it ended after ${position}`);
    }
    position += read;
  }
  return bytes;
}
