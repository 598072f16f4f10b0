// deno-lint-ignore-file require-await -- the methods are async so that what they throw rejects
import { type FileWriter, type HashName, type OnHashed, StorageError } from "./driver.ts";
import { Hashes } from "./hashes.ts";
import type { MemoryContent } from "./memory_content.ts";
import type { MemoryFile } from "./memory_tree.ts";

/** Bytes that are hashed at a time when what is there already must be hashed. */
const REHASH_BLOCK = 1024 * 1024;

export interface MemoryWriterContext {
  readonly driver: string;
  readonly path: string;
  readonly file: MemoryFile;
  /** Whether the file was made for this writer. */
  readonly isNew: boolean;
  readonly now: () => number;
  /** Removes the file, if it is the one at the path still. */
  readonly remove: () => void;
  /** Called once, when the writer has ended. */
  readonly onEnd: () => void;
  readonly onReadable?: ((bytes: number) => void) | undefined;
}

export class MemoryWriter implements FileWriter {
  readonly #context: MemoryWriterContext;
  readonly #content: MemoryContent;
  readonly #hashes: Hashes;
  #ended = false;

  constructor(context: MemoryWriterContext, hash: readonly HashName[]) {
    this.#context = context;
    this.#content = context.file.content;
    this.#hashes = new Hashes(hash);
    if (!this.#hashes.isEmpty) this.#hashWhatIsThere();
  }

  get size(): number {
    return this.#content.size;
  }

  addHash(name: HashName): void {
    if (this.size > 0) {
      throw new Error(`Cannot add hash ${name}: ${this.size} bytes of the file were written`);
    }
    this.#hashes.add(name);
  }

  async write(chunk: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#check();
    this.#hashes.update(chunk);
    this.#content.append(chunk);
    this.#context.file.modified = this.#context.now();
    this.#context.onReadable?.(this.size);
  }

  async flush(): Promise<void> {
    this.#check();
  }

  async commit(onHashed?: OnHashed): Promise<ReadonlyMap<HashName, string>> {
    this.#check();
    this.#content.trim();
    this.#end();
    const hashes = this.#hashes.digests();
    onHashed?.(hashes);
    return hashes;
  }

  async close(): Promise<void> {
    this.#check();
    if (this.#context.isNew && this.size === 0) this.#context.remove();
    this.#content.trim();
    this.#end();
  }

  async cancel(): Promise<void> {
    this.#check();
    this.#context.remove();
    this.#end();
  }

  #hashWhatIsThere(): void {
    for (let at = 0; at < this.size;) {
      const part = this.#content.view(at, REHASH_BLOCK);
      this.#hashes.update(part);
      at += part.length;
    }
  }

  #check(): void {
    if (!this.#ended) return;
    const { driver, path } = this.#context;
    throw new StorageError(driver, "write", path, undefined, new Error("the writer has ended"));
  }

  #end(): void {
    this.#ended = true;
    this.#context.onEnd();
  }
}
