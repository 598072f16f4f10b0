import { PathNotFoundError, StorageError } from "./driver.ts";
import { MemoryContent } from "./memory_content.ts";
import { componentsOf, parentOf } from "./storage_path.ts";

export interface MemoryFolder {
  readonly children: Map<string, MemoryNode>;
  modified: number;
}

export interface MemoryFile {
  content: MemoryContent;
  modified: number;
}

export type MemoryNode = MemoryFolder | MemoryFile;

export function isFolder(node: MemoryNode): node is MemoryFolder {
  return "children" in node;
}

/** Folders and files by name. Its errors are those that a file system has for the same. */
export class MemoryTree {
  readonly #driver: string;
  readonly #now: () => number;
  readonly #root: MemoryFolder;

  constructor(driver: string, now: () => number) {
    this.#driver = driver;
    this.#now = now;
    this.#root = { children: new Map(), modified: now() };
  }

  /** @throws PathNotFoundError */
  node(path: string): MemoryNode {
    const node = this.find(path);
    if (node === undefined) throw new PathNotFoundError(this.#driver, path);
    return node;
  }

  /** @throws PathNotFoundError, StorageError EISDIR */
  file(path: string, action: string): MemoryFile {
    const node = this.node(path);
    if (isFolder(node)) throw this.error(action, path, "EISDIR");
    return node;
  }

  find(path: string): MemoryNode | undefined {
    let at: MemoryNode = this.#root;
    for (const name of componentsOf(path)) {
      const next: MemoryNode | undefined = isFolder(at) ? at.children.get(name) : undefined;
      if (next === undefined) return undefined;
      at = next;
    }
    return at;
  }

  /** The file, made with the folders above it when it is missing. */
  makeFile(path: string): MemoryFile {
    const folder = this.#makeFolder(parentOf(path));
    const there = folder.children.get(nameOf(path));
    if (there !== undefined && isFolder(there)) throw this.error("write", path, "EISDIR");
    if (there !== undefined) return there;
    const file = { content: new MemoryContent(), modified: this.#now() };
    this.#put(folder, path, file);
    return file;
  }

  /** As rename(2): a file replaces a file, a folder an empty folder. */
  move(from: string, to: string): void {
    const node = this.node(from);
    if (from === to) return;
    if (to.startsWith(from + "/")) throw this.error("move", from, "EINVAL");
    const there = this.find(to);
    if (there !== undefined) this.#checkReplaceable(node, there, from);
    this.#put(this.#makeFolder(parentOf(to)), to, node);
    this.#take(from);
  }

  /** @throws PathNotFoundError */
  remove(path: string): void {
    this.node(path);
    this.#take(path);
  }

  error(action: string, path: string, code: string): StorageError {
    return new StorageError(this.#driver, action, path, code, new Error(code));
  }

  #checkReplaceable(node: MemoryNode, there: MemoryNode, from: string): void {
    if (isFolder(there) && !isFolder(node)) throw this.error("move", from, "EISDIR");
    if (!isFolder(there) && isFolder(node)) throw this.error("move", from, "ENOTDIR");
    if (isFolder(there) && there.children.size > 0) throw this.error("move", from, "ENOTEMPTY");
  }

  #makeFolder(path: string): MemoryFolder {
    let at = this.#root;
    for (const name of componentsOf(path)) {
      let next = at.children.get(name);
      if (next === undefined) {
        next = { children: new Map(), modified: this.#now() };
        at.children.set(name, next);
        at.modified = this.#now();
      }
      if (!isFolder(next)) throw this.error("write", path, "ENOTDIR");
      at = next;
    }
    return at;
  }

  #put(folder: MemoryFolder, path: string, node: MemoryNode): void {
    folder.children.set(nameOf(path), node);
    folder.modified = this.#now();
  }

  #take(path: string): void {
    const folder = this.find(parentOf(path));
    if (folder === undefined || !isFolder(folder)) return;
    folder.children.delete(nameOf(path));
    folder.modified = this.#now();
  }
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
