/** Which part of a body is wanted, and how it is known that it is all there. */
export interface Part {
  /** Bytes at the beginning that are passed over. */
  readonly skip: number;
  /** Bytes after those; undefined: all that come, but no more than `most`. */
  readonly length: number | undefined;
  readonly most: number;
  /** Whether the body goes on behind that, so that it must not be read to its end. */
  readonly goesOn: boolean;
}

export interface BodyErrors {
  tooShort(received: number): Error;
  tooLong(received: number): Error;
}

/** The wanted part of a body's chunks, without copying them. Stops reading where it ends. */
export async function* partOf(
  chunks: AsyncIterable<Uint8Array<ArrayBuffer>>,
  { skip, length, most, goesOn }: Part,
  errors: BodyErrors,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  let toSkip = skip;
  let given = 0;
  if (length === 0 && goesOn) return;
  for await (const chunk of chunks) {
    const skipped = Math.min(toSkip, chunk.byteLength);
    toSkip -= skipped;
    const wanted = Math.min(chunk.byteLength - skipped, (length ?? Infinity) - given);
    if (given + wanted > most) throw errors.tooLong(given);
    given += wanted;
    if (wanted > 0) yield chunk.subarray(skipped, skipped + wanted);
    const isWhole = length !== undefined && toSkip === 0 && given === length;
    if (isWhole && (goesOn || skipped + wanted < chunk.byteLength)) return;
  }
  if (toSkip > 0 || (length !== undefined && given < length)) throw errors.tooShort(given);
}
