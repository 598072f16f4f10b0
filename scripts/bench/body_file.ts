import type { Body, BodySource } from "./content.ts";

/** A body in a file, for a client that is a program. */
export interface FiledBody {
  readonly path: string;
  readonly body: Body;
}

/** Writes each next body of a source over the one before, of which only the end differs. */
export class BodyFile {
  #written = false;

  constructor(readonly path: string, readonly source: BodySource) {}

  async next(): Promise<FiledBody> {
    const body = this.source.next();
    using file = await Deno.open(this.path, { write: true, create: true });
    const parts = this.#written ? body.parts.slice(-1) : body.parts;
    await file.seek(body.size - sum(parts), Deno.SeekMode.Start);
    for (const part of parts) {
      for (let at = 0; at < part.length;) at += await file.write(part.subarray(at));
    }
    this.#written = true;
    return { path: this.path, body };
  }
}

function sum(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}
