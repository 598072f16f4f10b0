import type { ByteSource } from "../async/byte_source.ts";
import { StorageError } from "./driver.ts";
import type { MemoryContent } from "./memory_content.ts";

/** The bytes that a file in memory had when it was opened, whatever happens to it afterwards; a growing one's as it grows. */
export class MemorySource implements ByteSource {
  readonly size: number;
  readonly #driver: string;
  readonly #path: string;
  #content: MemoryContent | undefined;

  constructor(driver: string, path: string, content: MemoryContent, growing = false) {
    this.size = growing ? Infinity : content.size;
    this.#driver = driver;
    this.#path = path;
    this.#content = content;
  }

  // deno-lint-ignore require-await -- so that a bad position rejects
  async read(into: Uint8Array<ArrayBuffer>, position: number): Promise<number> {
    return this.readNow(into, position);
  }

  readNow(into: Uint8Array<ArrayBuffer>, position: number): number {
    return this.#opened(position).copy(into, position, this.size);
  }

  view(position: number, length: number): Uint8Array<ArrayBuffer> {
    const content = this.#opened(position);
    return content.view(position, Math.min(length, this.size - position));
  }

  close(): void {
    this.#content = undefined;
  }

  #opened(position: number): MemoryContent {
    if (this.#content === undefined) {
      const cause = new Error("the source is closed");
      throw new StorageError(this.#driver, "read", this.#path, undefined, cause);
    }
    if (!Number.isSafeInteger(position) || position < 0) {
      throw new RangeError(`Cannot read ${this.#path}: position is ${position}`);
    }
    return this.#content;
  }
}
