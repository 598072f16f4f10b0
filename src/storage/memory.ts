// deno-lint-ignore-file require-await -- the methods are async so that what they throw rejects
import type { ByteSource } from "../async/byte_source.ts";
import {
  type FileInfo,
  type FileWriter,
  type MoveOptions,
  PathNotFoundError,
  type ReadOptions,
  type StorageDriver,
  StorageError,
  type WriterOptions,
} from "./driver.ts";
import { MemoryContent } from "./memory_content.ts";
import { MemorySource } from "./memory_source.ts";
import { isFolder, MemoryTree } from "./memory_tree.ts";
import { MemoryWriter } from "./memory_writer.ts";
import { checkFolderPath, checkPath, isPath } from "./storage_path.ts";

/**
 * A tree that lives as long as the instance does, as distribution's `inmemory`. Nothing in it waits, so each call
 * is one step for everybody else.
 */
export class MemoryDriver implements StorageDriver {
  readonly name = "inmemory";
  readonly #now: () => number;
  readonly #tree: MemoryTree;
  readonly #writing = new Set<string>();
  #closed = false;

  /** @param now the time for modification times, in milliseconds since 1970 */
  constructor(now: () => number = Date.now) {
    this.#now = now;
    this.#tree = new MemoryTree(this.name, now);
  }

  async stat(path: string): Promise<FileInfo> {
    this.#checkFolder("stat", path);
    const node = this.#tree.node(path);
    return {
      isFolder: isFolder(node),
      size: isFolder(node) ? 0 : node.content.size,
      modified: new Date(node.modified),
    };
  }

  async getContent(path: string): Promise<Uint8Array<ArrayBuffer>> {
    this.#check("read", path);
    const { content } = this.#tree.file(path, "read");
    const copy = new Uint8Array(content.size);
    content.copy(copy, 0, copy.length);
    return copy;
  }

  async putContent(
    path: string,
    content: Uint8Array<ArrayBuffer>,
    _options?: { readonly lazy?: boolean },
  ): Promise<void> {
    this.#check("write", path);
    const held = new MemoryContent();
    held.append(content.slice()); // the caller may go on using its bytes
    held.trim();
    const file = this.#tree.makeFile(path);
    file.content = held;
    file.modified = this.#now();
  }

  async read(path: string, options: ReadOptions = {}): Promise<ByteSource> {
    this.#check("read", path);
    const { content } = this.#tree.file(path, "read");
    return new MemorySource(this.name, path, content, options.growing);
  }

  async openWriter(path: string, options: WriterOptions = {}): Promise<FileWriter> {
    this.#check("write", path);
    if (this.#writing.has(path)) throw this.#tree.error("write", path, "EBUSY");
    const isNew = this.#tree.find(path) === undefined;
    const file = this.#tree.makeFile(path);
    if (options.truncate) file.content = new MemoryContent();
    const writer = new MemoryWriter({
      driver: this.name,
      path,
      file,
      isNew,
      now: this.#now,
      remove: () => {
        if (this.#tree.find(path) === file) this.#tree.remove(path);
      },
      onEnd: () => this.#writing.delete(path),
      onReadable: options.onReadable,
    }, options.hash ?? []);
    this.#writing.add(path);
    return writer;
  }

  async list(path: string): Promise<string[]> {
    this.#checkFolder("list", path);
    const node = this.#tree.node(path);
    // What isn't a folder has no children to be found, as for the filesystem driver.
    if (!isFolder(node)) throw new PathNotFoundError(this.name, path);
    return [...node.children.keys()].sort(); // ASCII, so that the default order is that of the bytes
  }

  async move(from: string, to: string, options: MoveOptions = {}): Promise<void> {
    this.#check("move", from);
    this.#check("move", to);
    if (options.size !== undefined && this.#tree.file(from, "move").content.size !== options.size) {
      throw this.#tree.error("move", from, "EBUSY");
    }
    this.#tree.move(from, to);
  }

  async remove(path: string, _options?: { readonly lazy?: boolean }): Promise<void> {
    this.#check("remove", path);
    this.#tree.remove(path);
  }

  async touch(path: string): Promise<void> {
    this.#check("touch", path);
    this.#tree.node(path).modified = this.#now();
  }

  async sizes(paths: readonly string[]): Promise<(number | undefined)[]> {
    this.#checkOpen("stat", paths[0] ?? "/");
    return paths.map((path) => {
      const node = isPath(path) ? this.#tree.find(path) : undefined;
      return node === undefined || isFolder(node) ? undefined : node.content.size;
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #check(action: string, path: string): void {
    checkPath(this.name, path);
    this.#checkOpen(action, path);
  }

  #checkFolder(action: string, path: string): void {
    checkFolderPath(this.name, path);
    this.#checkOpen(action, path);
  }

  #checkOpen(action: string, path: string): void {
    if (!this.#closed) return;
    const cause = new Error("the storage is closed");
    throw new StorageError(this.name, action, path, undefined, cause);
  }
}
