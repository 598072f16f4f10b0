import type { FileSystem, OpenFile, OpenMode, SystemStat } from "./file_system.ts";
import { systemCode } from "./system_error.ts";

/**
 * The system's own calls. They leave the isolate's thread, because even a rename waits for the disk when the journal is just being
 * written. Each such trip costs more than most of the calls themselves, so those that can't wait stay here: fstat and close, and
 * opening what was made or changed a moment ago. Modes are 0666 and 0777 & umask, as distribution's.
 */
export class NativeFileSystem implements FileSystem {
  async open(path: string, mode: OpenMode): Promise<OpenFile> {
    return new NativeFile(await Deno.open(path, OPEN_OPTIONS[mode]));
  }

  async create(path: string, content: Uint8Array<ArrayBuffer>): Promise<OpenFile> {
    await Deno.writeFile(path, content, { createNew: true });
    return new NativeFile(Deno.openSync(path, OPEN_OPTIONS.update));
  }

  makeFolder(path: string): Promise<void> {
    return Deno.mkdir(path);
  }

  rename(from: string, to: string): Promise<void> {
    return Deno.rename(from, to);
  }

  remove(path: string): Promise<void> {
    return Deno.remove(path, { recursive: true });
  }

  async stat(path: string): Promise<SystemStat> {
    return asStat(await Deno.stat(path));
  }

  async list(path: string): Promise<string[]> {
    const names: string[] = [];
    for await (const entry of Deno.readDir(path)) names.push(entry.name);
    return names;
  }

  setModified(path: string, time: Date): Promise<void> {
    return Deno.utime(path, time, time);
  }

  async syncFolder(path: string): Promise<void> {
    using folder = Deno.openSync(path);
    try {
      await folder.sync();
    } catch (error) {
      // Some network and FUSE file systems can't sync a folder and say so: there is nothing more that could be done.
      if (systemCode(error) !== "EINVAL" && systemCode(error) !== "ENOTSUP") throw error;
    }
  }
}

const OPEN_OPTIONS: Readonly<Record<OpenMode, Deno.OpenOptions>> = {
  read: { read: true },
  update: { read: true, write: true },
};

class NativeFile implements OpenFile {
  #at = 0;

  constructor(readonly file: Deno.FsFile) {}

  stat(): SystemStat {
    return asStat(this.file.statSync());
  }

  async read(into: Uint8Array<ArrayBuffer>, position: number): Promise<number> {
    this.#seek(position);
    return this.#moved(await this.file.read(into) ?? 0);
  }

  readNow(into: Uint8Array<ArrayBuffer>, position: number): number {
    this.#seek(position);
    return this.#moved(this.file.readSync(into) ?? 0);
  }

  async write(bytes: Uint8Array<ArrayBuffer>, position: number): Promise<number> {
    this.#seek(position);
    return this.#moved(await this.file.write(bytes));
  }

  truncate(size: number): Promise<void> {
    return this.file.truncate(size);
  }

  sync(): Promise<void> {
    return this.file.sync();
  }

  close(): void {
    this.file.close();
  }

  #seek(position: number): void {
    if (position === this.#at) return;
    this.file.seekSync(position, Deno.SeekMode.Start);
    this.#at = position;
  }

  #moved(count: number): number {
    this.#at += count;
    return count;
  }
}

function asStat(info: Deno.FileInfo): SystemStat {
  return {
    isFolder: info.isDirectory,
    size: info.isDirectory ? 0 : info.size,
    modified: info.mtime ?? new Date(0),
    inode: info.ino ?? 0,
  };
}
