import type { ByteSource } from "../async/byte_source.ts";
import type { GrowingContent, Reader } from "./growing_content.ts";
import type { SideRange } from "./side_range.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What a reader can ask of the fill beyond its bytes. */
export interface Aside {
  /** These bytes apart from the fill, when it will not come there for long. */
  range(start: number, end: number): SideRange | undefined;
  /** This reader has left. */
  left(): void;
}

/** One client's view of a blob that is still being fetched. Its size is that of the whole blob from the start. */
export class GrowingSource implements ByteSource, Reader {
  readonly size: number;
  #position = 0;
  #side: SideRange | undefined;
  #closed = false;

  constructor(private readonly content: GrowingContent, private readonly aside: Aside) {
    this.size = content.size;
    content.join(this);
  }

  /** From where on it may still read. */
  get position(): number {
    return this.#side === undefined ? this.#position : Infinity;
  }

  expect(start: number, end: number): void {
    this.#side ??= this.aside.range(start, end);
    this.#moveTo(start);
  }

  view(position: number, length: number): Bytes | undefined {
    const side = this.#sideAt(position);
    return side === undefined ? this.content.view(position, length) : side.view(position, length);
  }

  ready(position: number): Promise<void> | undefined {
    const side = this.#sideAt(position);
    if (side === undefined) return this.content.ready(position);
    const ready = side.ready(position);
    if (ready === undefined || this.#closed) return undefined;
    return ready.then(() => this.ready(position)); // from the fill, when there is nothing from the side
  }

  readNow(into: Bytes, position: number): number | undefined {
    const side = this.#sideAt(position);
    if (side === undefined) return this.content.readNow(into, position);
    const bytes = side.view(position, into.length);
    if (bytes === undefined) return undefined;
    into.set(bytes);
    return bytes.length;
  }

  async read(into: Bytes, position: number): Promise<number> {
    await this.ready(position);
    return this.readNow(into, position) ?? await this.content.read(into, position);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#side?.close();
    this.content.leave(this);
    this.aside.left();
  }

  #sideAt(position: number): SideRange | undefined {
    if (this.#closed) throw new Error("Cannot read: the source is closed");
    this.#moveTo(position);
    if (this.#side !== undefined && !this.#side.covers(position)) {
      this.#side.close();
      this.#side = undefined;
    }
    return this.#side;
  }

  #moveTo(position: number): void {
    if (position === this.#position) return;
    this.#position = position;
    this.content.moved();
  }
}
