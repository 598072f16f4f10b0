import { resolve } from "@std/path";
import type { ByteSource } from "../async/byte_source.ts";
import {
  type FileInfo,
  type FileWriter,
  type MoveOptions,
  type ReadOptions,
  type StorageDriver,
  StorageError,
  type WriterOptions,
} from "./driver.ts";
import {
  type FileSystem,
  type OpenFile,
  type ReadFiles,
  readFully,
  type SystemStat,
} from "./file_system.ts";
import { FileSource } from "./file_source.ts";
import { FilesystemWriter } from "./filesystem_writer.ts";
import { LocalTree } from "./local_tree.ts";
import { NativeReadFiles } from "./native_read_files.ts";
import { checkFolderPath, checkPath, isPath, isPathComponent } from "./storage_path.ts";
import { StoreWorkerPool } from "./store_worker_pool.ts";
import { isAbsent, lookupError, storageError } from "./system_error.ts";
import type { Tree } from "./tree.ts";
import { WarmFiles } from "./warm_files.ts";
import { WorkerTree } from "./worker_tree.ts";

const MIB = 1024 * 1024;
/** getContent is for small files; a larger one in their place is junk that must not fill the memory. */
const CONTENT_LIMIT = 256 * MIB;
const WARM_FALLBACK = 256 * MIB;

export interface FilesystemOptions {
  /** `rootdirectory` of the configuration; made at the first write. */
  readonly root: string;
  /** Store workers at most, 1 to 3; 2 by default. */
  readonly workers?: number;
  /** Bytes of files that are taken to be in the page cache; a quarter of the free memory by default. */
  readonly warmBytes?: number;
  /** The system calls, for tests; the tree is then changed by them, without a worker. */
  readonly files?: FileSystem;
  /** Entry point of the store workers, for tests. */
  readonly workerUrl?: URL;
  /** Entry point of the tree worker, for tests. */
  readonly treeWorkerUrl?: URL;
  /** Milliseconds, from any start; performance.now by default. */
  readonly now?: () => number;
  /** Milliseconds since 1970; Date.now by default. */
  readonly time?: () => number;
}

/**
 * A folder of this machine. Nothing outside of it is reached: paths consist of checked names only. Symbolic links are followed, as
 * in distribution (an operator may move `blobs` to another disk); clients can't make any, and `remove` doesn't follow them.
 */
export class FilesystemDriver implements StorageDriver {
  readonly name = "filesystem";
  readonly #root: string;
  readonly #files: ReadFiles;
  readonly #tree: Tree & { close?(): void };
  readonly #pool: StoreWorkerPool;
  readonly #warm: WarmFiles;
  readonly #now: () => number;
  readonly #time: () => number;
  readonly #sources = new Set<FileSource>();
  /** By path; without a writer while it is being opened. */
  readonly #writing = new Map<string, { writer?: FilesystemWriter }>();
  #closed = false;

  constructor(options: FilesystemOptions) {
    const root = resolve(options.root);
    this.#root = root === "/" ? "" : root;
    this.#files = options.files ?? new NativeReadFiles();
    this.#tree = options.files
      ? new LocalTree(options.files, this.#root)
      : new WorkerTree({ root: this.#root, url: options.treeWorkerUrl });
    this.#pool = new StoreWorkerPool({
      size: options.workers ?? 2,
      ...(options.workerUrl === undefined ? {} : { url: options.workerUrl }),
    });
    this.#warm = new WarmFiles(options.warmBytes ?? freeMemory() / 4);
    this.#now = options.now ?? (() => performance.now());
    this.#time = options.time ?? Date.now;
  }

  async stat(path: string): Promise<FileInfo> {
    this.#checkFolder("stat", path);
    const { isFolder, size, modified } = await this.#lookUp(
      "stat",
      path,
      () => this.#tree.stat(path),
    );
    return { isFolder, size, modified };
  }

  async getContent(path: string): Promise<Uint8Array<ArrayBuffer>> {
    this.#check("read", path);
    return await this.#lookUp("read", path, async () => {
      const { file, stat } = await this.#open(path);
      try {
        if (stat.size > CONTENT_LIMIT) throw this.#error("read", path, "EFBIG");
        const content = new Uint8Array(stat.size);
        const count = await readFully(file, content, 0);
        return content.subarray(0, count);
      } finally {
        file.close();
      }
    });
  }

  async putContent(
    path: string,
    content: Uint8Array<ArrayBuffer>,
    options: { readonly lazy?: boolean } = {},
  ): Promise<void> {
    this.#check("write", path);
    try {
      await this.#tree.replace(path, content, options.lazy ?? false);
    } catch (error) {
      throw storageError(this.name, "write", path, error);
    }
  }

  async read(path: string, options: ReadOptions = {}): Promise<ByteSource> {
    this.#check("read", path);
    const { file, stat } = await this.#lookUp("read", path, () => this.#open(path));
    const source = new FileSource(file, stat, {
      driver: this.name,
      path,
      warm: this.#warm,
      now: this.#now,
      onClose: (closed) => this.#sources.delete(closed),
      growing: options.growing,
    });
    this.#sources.add(source);
    return source;
  }

  async openWriter(path: string, options: WriterOptions = {}): Promise<FileWriter> {
    this.#check("write", path);
    await this.#noOtherWriter(path);
    const opened: { writer?: FilesystemWriter } = {};
    this.#writing.set(path, opened);
    try {
      const stat = await this.#statIfThere(path);
      if (stat?.isFolder) throw this.#error("write", path, "EISDIR");
      return opened.writer = new FilesystemWriter({
        driver: this.name,
        path,
        systemPath: this.#root + path,
        tree: this.#tree,
        pool: this.#pool,
        warm: this.#warm,
        onEnd: () => this.#writing.delete(path),
        onReadable: options.onReadable,
      }, {
        exists: stat !== undefined,
        size: stat?.size ?? 0,
        truncate: options.truncate ?? false,
        hash: options.hash ?? [],
      });
    } catch (error) {
      this.#writing.delete(path);
      throw storageError(this.name, "write", path, error);
    }
  }

  async list(path: string): Promise<string[]> {
    this.#checkFolder("list", path);
    const names = await this.#lookUp("list", path, () => this.#listOrRoot(path));
    return names.filter(isPathComponent).sort(); // these are ASCII, so that the default order is that of the bytes
  }

  async move(from: string, to: string, options: MoveOptions = {}): Promise<void> {
    this.#check("move", from);
    this.#check("move", to);
    try {
      await this.#tree.move(from, to, options.size);
    } catch (error) {
      throw lookupError(this.name, "move", from, error);
    }
  }

  async remove(path: string, options: { readonly lazy?: boolean } = {}): Promise<void> {
    this.#check("remove", path);
    await this.#lookUp("remove", path, () => this.#tree.remove(path, options.lazy ?? false));
  }

  async touch(path: string): Promise<void> {
    this.#check("touch", path);
    await this.#lookUp(
      "touch",
      path,
      () => this.#tree.touch(path, this.#time()),
    );
  }

  async sizes(paths: readonly string[]): Promise<(number | undefined)[]> {
    const valid = paths.filter(isPath);
    this.#checkOpen("stat", paths[0] ?? "/");
    if (valid.length === 0) return paths.map(() => undefined);
    const sizes = await this.#sizes(valid);
    return valid.length === paths.length
      ? sizes
      : paths.map((path) => isPath(path) ? sizes[valid.indexOf(path)] : undefined);
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#pool.close();
    this.#tree.close?.();
    for (const source of [...this.#sources]) source.close();
    return Promise.resolve();
  }

  async #sizes(paths: readonly string[]): Promise<(number | undefined)[]> {
    try {
      return await this.#tree.sizes(paths);
    } catch (error) {
      throw storageError(this.name, "stat", paths.join(" "), error);
    }
  }

  /** One that is just ending is waited for. */
  async #noOtherWriter(path: string): Promise<void> {
    for (let other = this.#writing.get(path); other; other = this.#writing.get(path)) {
      const ending = other.writer?.ending;
      if (ending === undefined) throw this.#error("write", path, "EBUSY");
      await ending.catch(() => {}); // whoever ended it hears of its failure
    }
  }

  async #open(path: string): Promise<{ file: OpenFile; stat: SystemStat }> {
    const file = await this.#files.open(this.#root + path);
    try {
      const stat = file.stat();
      if (stat.isFolder) throw this.#error("read", path, "EISDIR");
      return { file, stat };
    } catch (error) {
      file.close();
      throw error;
    }
  }

  async #statIfThere(path: string): Promise<SystemStat | undefined> {
    try {
      return await this.#tree.stat(path);
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }

  /** The root always exists, even when nothing was written yet. */
  async #listOrRoot(path: string): Promise<string[]> {
    try {
      return await this.#files.list(this.#root + path);
    } catch (error) {
      if (path === "/" && isAbsent(error)) return [];
      throw error;
    }
  }

  async #lookUp<T>(action: string, path: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw lookupError(this.name, action, path, error);
    }
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
    if (this.#closed) throw this.#error(action, path, undefined, "the storage is closed");
  }

  #error(action: string, path: string, code: string | undefined, reason?: string): StorageError {
    return new StorageError(this.name, action, path, code, new Error(reason ?? code));
  }
}

/** In bytes. The compiled program may lack the right to ask. */
function freeMemory(): number {
  try {
    return Deno.systemMemoryInfo().available;
  } catch {
    return 4 * WARM_FALLBACK;
  }
}
