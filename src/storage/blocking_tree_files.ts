// deno-lint-ignore-file require-await -- the methods are async so that what they throw rejects
import { isSame, tryLock } from "./file_lock.ts";
import type { SystemStat, TreeFiles, WritableFile } from "./file_system.ts";
import { asStat, NativeFile } from "./native_read_files.ts";
import { isAbsent, systemCode } from "./system_error.ts";

/**
 * The system's own calls for an isolate that does nothing else. They block it, since a trip to another thread costs more than most of
 * them. Only what takes long is such a trip: syncs, of which the disk does several at once, and removals of full folders. Modes are
 * 0666 and 0777 & umask, as distribution's.
 */
export class BlockingTreeFiles implements TreeFiles {
  async openToWrite(path: string): Promise<WritableFile> {
    return new BlockingFile(Deno.openSync(path, { read: true, write: true }));
  }

  async create(path: string, content: Uint8Array<ArrayBuffer>): Promise<WritableFile> {
    const file = Deno.openSync(path, { read: true, write: true, createNew: true });
    try {
      for (let done = 0; done < content.length;) done += file.writeSync(content.subarray(done));
      return new BlockingFile(file, content.length);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  async makeFolder(path: string): Promise<void> {
    Deno.mkdirSync(path);
  }

  async rename(from: string, to: string): Promise<void> {
    Deno.renameSync(from, to);
  }

  async remove(path: string): Promise<void> {
    try {
      Deno.removeSync(path);
    } catch (error) {
      if (systemCode(error) !== "ENOTEMPTY") throw error;
      await Deno.remove(path, { recursive: true });
    }
  }

  async stat(path: string): Promise<SystemStat> {
    return asStat(Deno.statSync(path));
  }

  async size(path: string): Promise<number | undefined> {
    try {
      const info = Deno.statSync(path);
      return info.isDirectory ? undefined : info.size;
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }

  async setModified(path: string, time: Date): Promise<void> {
    Deno.utimeSync(path, time, time);
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

class BlockingFile extends NativeFile implements WritableFile {
  constructor(file: Deno.FsFile, written = 0) {
    super(file);
    this.moved(written);
  }

  override async read(into: Uint8Array<ArrayBuffer>, position: number): Promise<number> {
    return this.readNow(into, position);
  }

  async write(bytes: Uint8Array<ArrayBuffer>, position: number): Promise<number> {
    this.seek(position);
    return this.moved(this.file.writeSync(bytes));
  }

  async truncate(size: number): Promise<void> {
    this.file.truncateSync(size);
  }

  sync(): Promise<void> {
    return this.file.sync();
  }

  tryLock(): boolean {
    return tryLock(() => this.file.tryLockSync?.(true) ?? true);
  }

  isAt(path: string): boolean {
    return isSame(this.file.statSync(), () => Deno.statSync(path));
  }
}
