import { BlockingTreeFiles } from "../../src/storage/blocking_tree_files.ts";
import type {
  FileSystem,
  OpenFile,
  SystemStat,
  WritableFile,
} from "../../src/storage/file_system.ts";
import { NativeReadFiles } from "../../src/storage/native_read_files.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** One system call. Its name is that of the method, files' calls have `file.` before them: `file.sync`. */
export interface SystemCall {
  readonly name: string;
  /** Relative to the root, with `<uuid>` in the place of random ones; of a rename `from -> to`. */
  readonly path: string;
}

/** What a test does to a call before it happens: lets it fail with a system's code, or wait. */
export type Interfere = (call: SystemCall, number: number) => string | Promise<void> | undefined;

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** The real calls, with their order on record: `> sync /a` when one begins, `< sync /a` when it has succeeded. */
export class RecordingFileSystem implements FileSystem {
  readonly #read = new NativeReadFiles();
  readonly #tree = new BlockingTreeFiles();
  readonly #root: string;
  readonly log: string[] = [];
  interfere: Interfere = () => undefined;
  #count = 0;

  constructor(root: string) {
    this.#root = root;
  }

  /** Forgets what was recorded, and counts from 1 again. */
  reset(): void {
    this.log.length = 0;
    this.#count = 0;
  }

  /** Where an entry stands in the log. */
  at(entry: string): number {
    const index = this.log.indexOf(entry);
    if (index < 0) throw new Error(`${entry} did not happen:\n${this.log.join("\n")}`);
    return index;
  }

  async open(path: string): Promise<OpenFile> {
    const file = await this.#call("open", path, () => this.#read.open(path));
    return this.#readable(path, file);
  }

  async openToWrite(path: string): Promise<WritableFile> {
    const open = () => this.#tree.openToWrite(path);
    return this.#file(path, await this.#call("openToWrite", path, open));
  }

  async create(path: string, content: Bytes): Promise<WritableFile> {
    const create = () => this.#tree.create(path, content);
    return this.#file(path, await this.#call("create", path, create));
  }

  makeFolder(path: string): Promise<void> {
    return this.#call("makeFolder", path, () => this.#tree.makeFolder(path));
  }

  rename(from: string, to: string): Promise<void> {
    return this.#call("rename", from, () => this.#tree.rename(from, to), to);
  }

  remove(path: string): Promise<void> {
    return this.#call("remove", path, () => this.#tree.remove(path));
  }

  stat(path: string): Promise<SystemStat> {
    return this.#call("stat", path, () => this.#tree.stat(path));
  }

  size(path: string): Promise<number | undefined> {
    return this.#call("size", path, () => this.#tree.size(path));
  }

  list(path: string): Promise<string[]> {
    return this.#call("list", path, () => this.#read.list(path));
  }

  setModified(path: string, time: Date): Promise<void> {
    return this.#call("setModified", path, () => this.#tree.setModified(path, time));
  }

  syncFolder(path: string): Promise<void> {
    return this.#call("syncFolder", path, () => this.#tree.syncFolder(path));
  }

  #readable(path: string, file: OpenFile): OpenFile {
    return {
      stat: () => file.stat(),
      read: (into, position) => this.#call("file.read", path, () => file.read(into, position)),
      readNow: (into, position) => file.readNow(into, position),
      close: () => file.close(),
    };
  }

  #file(path: string, file: WritableFile): WritableFile {
    const call = <T>(name: string, run: () => Promise<T>) => this.#call(`file.${name}`, path, run);
    return {
      ...this.#readable(path, file),
      tryLock: () => file.tryLock(),
      isAt: (at) => file.isAt(at),
      write: (bytes, position) => call("write", () => file.write(bytes, position)),
      truncate: (size) => call("truncate", () => file.truncate(size)),
      sync: () => call("sync", () => file.sync()),
    };
  }

  async #call<T>(name: string, path: string, run: () => Promise<T>, to?: string): Promise<T> {
    const shown = this.#shown(path) + (to === undefined ? "" : ` -> ${this.#shown(to)}`);
    this.log.push(`> ${name} ${shown}`);
    const interference = this.interfere({ name, path: shown }, ++this.#count);
    if (typeof interference === "string") throw systemError(interference);
    await interference;
    const result = await run();
    this.log.push(`< ${name} ${shown}`);
    return result;
  }

  #shown(path: string): string {
    const relative = path.startsWith(this.#root) ? path.slice(this.#root.length) : path;
    return (relative || "/").replace(UUID, "<uuid>");
  }
}

export function systemError(code: string): Error {
  return Object.assign(new Error(`${code} by the test`), { code });
}
