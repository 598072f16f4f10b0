import type { OpenFile, ReadFiles, SystemStat } from "./file_system.ts";

/**
 * The system's own calls for readers, off the isolate's thread, which may have to wait for the disk. Such a trip costs more than most of
 * the calls themselves, so those that can't wait stay here: fstat and close.
 */
export class NativeReadFiles implements ReadFiles {
  async open(path: string): Promise<OpenFile> {
    return new NativeFile(await Deno.open(path));
  }

  async list(path: string): Promise<string[]> {
    const names: string[] = [];
    for await (const entry of Deno.readDir(path)) names.push(entry.name);
    return names;
  }
}

/** Reads wait in another thread, or here when they are to be done now. */
export class NativeFile implements OpenFile {
  #at = 0;

  constructor(protected readonly file: Deno.FsFile) {}

  stat(): SystemStat {
    return asStat(this.file.statSync());
  }

  async read(into: Uint8Array<ArrayBuffer>, position: number): Promise<number> {
    this.seek(position);
    return this.moved(await this.file.read(into) ?? 0);
  }

  readNow(into: Uint8Array<ArrayBuffer>, position: number): number {
    this.seek(position);
    return this.moved(this.file.readSync(into) ?? 0);
  }

  close(): void {
    this.file.close();
  }

  protected seek(position: number): void {
    if (position === this.#at) return;
    this.file.seekSync(position, Deno.SeekMode.Start);
    this.#at = position;
  }

  protected moved(count: number): number {
    this.#at += count;
    return count;
  }
}

export function asStat(info: Deno.FileInfo): SystemStat {
  return {
    isFolder: info.isDirectory,
    size: info.isDirectory ? 0 : info.size,
    modified: info.mtime ?? new Date(0),
    inode: info.ino ?? 0,
  };
}
