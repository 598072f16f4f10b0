import type { LockableFile } from "./file_lock.ts";

/**
 * The system calls of the filesystem driver as an object, so that a test can record their order and let the n-th one fail. Paths
 * are those of the system. Errors are those of the system, with its name for them in `code`.
 */
export interface FileSystem extends ReadFiles, TreeFiles {}

/** What readers need. */
export interface ReadFiles {
  open(path: string): Promise<OpenFile>;
  /** Names of the children, in no order. */
  list(path: string): Promise<string[]>;
}

/** What a change of the tree needs. */
export interface TreeFiles {
  /** A file that exists, for reading and writing. */
  openToWrite(path: string): Promise<WritableFile>;
  /** Makes a file (EEXIST when there is one), writes all bytes to it, and leaves it open. */
  create(path: string, content: Uint8Array<ArrayBuffer>): Promise<WritableFile>;
  /** One folder; ENOENT when the one above is missing, EEXIST when something of this name is there. */
  makeFolder(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file, or a folder with all below it. Links are removed, not followed. */
  remove(path: string): Promise<void>;
  stat(path: string): Promise<SystemStat>;
  /** Of a file, in bytes; undefined for what is absent or a folder. */
  size(path: string): Promise<number | undefined>;
  setModified(path: string, time: Date): Promise<void>;
  /** Brings the names in a folder to stable storage. */
  syncFolder(path: string): Promise<void>;
}

export interface OpenFile {
  stat(): SystemStat;
  /** Bytes read; fewer than asked may come at any time, 0 only at the end. One call at a time. */
  read(into: Uint8Array<ArrayBuffer>, position: number): Promise<number>;
  /** The same, blocking. */
  readNow(into: Uint8Array<ArrayBuffer>, position: number): number;
  /** Not while another call is under way. */
  close(): void;
}

export interface WritableFile extends OpenFile, LockableFile {
  stat(): SystemStat;
  /** Bytes written, possibly fewer than given. */
  write(bytes: Uint8Array<ArrayBuffer>, position: number): Promise<number>;
  truncate(size: number): Promise<void>;
  /** fsync. */
  sync(): Promise<void>;
}

export interface SystemStat {
  readonly isFolder: boolean;
  readonly size: number;
  readonly modified: Date;
  /** 0 where there is none. */
  readonly inode: number;
}

/** Writes all bytes from `position` on: a system may take fewer than it was given. */
export async function writeAll(
  file: WritableFile,
  bytes: Uint8Array<ArrayBuffer>,
  position: number,
): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    done += await file.write(bytes.subarray(done), position + done);
  }
}

/** Fills `into` from `position`. @returns the bytes read, fewer only at the end of the file */
export async function readFully(
  file: OpenFile,
  into: Uint8Array<ArrayBuffer>,
  position: number,
): Promise<number> {
  let done = 0;
  while (done < into.length) {
    const count = await file.read(into.subarray(done), position + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}
