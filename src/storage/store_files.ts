import { isSame, type LockableFile, tryLock } from "./file_lock.ts";

/** The system calls of a store worker as an object, so that a test can record their order and let the n-th one fail. */
export interface StoreFiles {
  /** Opens a file that exists for reading and writing. Path of the system. */
  open(path: string): StoreFile;
}

/** Blocking where it only fills the page cache (that is why it is in a worker), not blocking where it waits for the disk. */
export interface StoreFile extends LockableFile {
  stat(): { readonly size: number; readonly inode: number; readonly modified: number };
  seek(position: number): void;
  truncate(size: number): void;
  /** At the current position. Returns the bytes written, possibly fewer than given. */
  write(bytes: Uint8Array<ArrayBuffer>): number;
  /** At the current position. Returns 0 at the end. */
  read(into: Uint8Array<ArrayBuffer>): Promise<number>;
  /** fdatasync. May run while bytes are written. */
  syncData(): Promise<void>;
  /** fsync. */
  sync(): Promise<void>;
  /** fsync, blocking: fewer hops between threads when nobody else waits for this worker. */
  syncNow(): void;
  unlock(): void;
  /** Ends the lock too. */
  close(): void;
}

export class NativeStoreFiles implements StoreFiles {
  open(path: string): StoreFile {
    return new NativeStoreFile(Deno.openSync(path, { read: true, write: true }));
  }
}

class NativeStoreFile implements StoreFile {
  constructor(readonly file: Deno.FsFile) {}

  stat(): { size: number; inode: number; modified: number } {
    const info = this.file.statSync();
    return { size: info.size, inode: info.ino ?? 0, modified: info.mtime?.getTime() ?? 0 };
  }

  tryLock(): boolean {
    return tryLock(() => this.file.tryLockSync?.(true) ?? true);
  }

  unlock(): void {
    this.file.unlockSync?.();
  }

  isAt(path: string): boolean {
    return isSame(this.file.statSync(), () => Deno.statSync(path));
  }

  seek(position: number): void {
    this.file.seekSync(position, Deno.SeekMode.Start);
  }

  truncate(size: number): void {
    this.file.truncateSync(size);
  }

  write(bytes: Uint8Array<ArrayBuffer>): number {
    return this.file.writeSync(bytes);
  }

  async read(into: Uint8Array<ArrayBuffer>): Promise<number> {
    return await this.file.read(into) ?? 0;
  }

  syncData(): Promise<void> {
    return this.file.syncData();
  }

  sync(): Promise<void> {
    return this.file.sync();
  }

  syncNow(): void {
    this.file.syncSync();
  }

  close(): void {
    this.file.close();
  }
}
