import type { ByteSource } from "../async/byte_source.ts";

/**
 * Bytes under paths; knows nothing of digests, repositories or HTTP.
 *
 * A path begins with "/", its components are letters, digits, "-", "_", "." and none is "." or ".."; anything else is an
 * InvalidPathError. Nothing is visible before it is durable: when putContent or move has resolved, content and name survive a power
 * cut, with every folder that was made on the way; until then the old state is seen whole. (FileWriter.commit does it for the
 * content only, since a move follows.) All methods throw StorageError for what the store can't do.
 */
export interface StorageDriver {
  /** As in the configuration: `filesystem`, `inmemory`. */
  readonly name: string;
  /** @throws PathNotFoundError */
  stat(path: string): Promise<FileInfo>;
  /** The whole content of a small file. @throws PathNotFoundError */
  getContent(path: string): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Replaces the file whole, and makes the folders above it. Durably, unless `lazy` says that its loss in a power cut does no harm:
   * readers never see a part of it, but after a power cut the old content, the new one, none, or an empty file may be there.
   */
  putContent(
    path: string,
    content: Uint8Array<ArrayBuffer>,
    options?: { readonly lazy?: boolean },
  ): Promise<void>;
  /** Opens a file for reading at any position. @throws PathNotFoundError */
  read(path: string, options?: ReadOptions): Promise<ByteSource>;
  /**
   * Opens a file for writing at its end; makes it, and the folders above it, when missing, at the latest when a flush or close has
   * bytes to hand over, or at commit. While a writer is open a second one for the same path is a StorageError EBUSY. What another
   * server does to the file shows later: write, flush, commit, and a close that has bytes to hand over, fail with EBUSY when it is
   * writing the file, has written it, or took it away.
   */
  openWriter(path: string, options?: WriterOptions): Promise<FileWriter>;
  /** Names of the direct children, sorted by bytes. Empty for an empty folder. @throws PathNotFoundError */
  list(path: string): Promise<string[]>;
  /**
   * Renames a file or folder over whatever file is at `to`, durably.
   * @throws PathNotFoundError (and `to` is untouched)
   */
  move(from: string, to: string, options?: MoveOptions): Promise<void>;
  /**
   * Removes a file, or a folder with all below it. Durably, unless `lazy` says that its coming back after a power cut does no harm.
   * @throws PathNotFoundError
   */
  remove(path: string, options?: { readonly lazy?: boolean }): Promise<void>;
  /**
   * Sizes of files in bytes, undefined for what is absent: one trip for all of them. Absent: ask `stat` for each.
   */
  sizes?(paths: readonly string[]): Promise<readonly (number | undefined)[]>;
  /** Sets the modification time to now. Absent: the store keeps none that can be set. */
  touch?(path: string): Promise<void>;
  /** An address where the client can get the content itself. Absent or undefined: it must be served from here. */
  redirectUrl?(path: string, method: string): Promise<string | undefined>;
  /** Gives back workers and files. Every later call is an error. */
  close(): Promise<void>;
}

export interface FileInfo {
  readonly isFolder: boolean;
  /** In bytes; 0 for a folder. */
  readonly size: number;
  readonly modified: Date;
}

export type OnHashed = (hashes: ReadonlyMap<HashName, string>) => void;

/** Hash algorithms by the names that node:crypto gives them. */
export type HashName = "sha256" | "sha384" | "sha512";

export interface MoveOptions {
  /**
   * In bytes, of a file that was committed: when it has more or fewer now, or another server is just writing it, the move is a
   * StorageError EBUSY.
   */
  readonly size?: number;
}

export interface ReadOptions {
  /**
   * The file is being written: what is added to it later is read too, also when it is renamed meanwhile. The source's `size` says
   * nothing, and `readNow` does read: it is for bytes that were written just now.
   */
  readonly growing?: boolean;
}

export interface WriterOptions {
  /** Start from nothing instead of at the end of what is there. */
  readonly truncate?: boolean;
  /**
   * Hashes to keep while writing, over the whole file from its first byte. Bytes that were there before are read once for it.
   */
  readonly hash?: readonly HashName[];
  /**
   * Called whenever more of the file can be read, with how many bytes can. With it a chunk is handed to the system as soon as
   * nothing else is on its way there, instead of being gathered with others.
   */
  readonly onReadable?: (bytes: number) => void;
}

/**
 * Writes one file from its end on. One call at a time; whoever is done with it calls exactly one of commit, close, cancel (after a
 * failure too, except that of one of these three).
 */
export interface FileWriter {
  /** Bytes of the file so far, including what is still on its way to the disk. */
  readonly size: number;
  /**
   * Takes the chunk (it must not be used again) and resolves when there is room for another: at most 4 MiB are on their way. An
   * error of an earlier chunk may show at a later call, at the latest at commit or close.
   */
  write(chunk: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Hands all bytes to the system, so that a stat tells the truth and a killed process has lost none; the writer goes on. */
  flush(): Promise<void>;
  /** Adds a hash to those kept. Only before the first byte of the file was written. */
  addHash(name: HashName): void;
  /**
   * Brings all bytes to stable storage; its name may be lost in a power cut until it is moved. After any failure of the writer this
   * fails too, and what of the bytes may be lost is cut off: a stat tells what is there.
   * @param onHashed told the hashes when all bytes can be read, before they are on stable storage
   * @returns the hashes in hex, by name
   */
  commit(onHashed?: OnHashed): Promise<ReadonlyMap<HashName, string>>;
  /**
   * Hands all bytes to the system without syncing, and gives back the file: it can be opened again and goes on. A new file to which
   * nothing was written is not there then.
   */
  close(): Promise<void>;
  /** Gives back the file and removes it. */
  cancel(): Promise<void>;
}

export class PathNotFoundError extends Error {
  override readonly name = "PathNotFoundError";
  constructor(readonly driver: string, readonly path: string) {
    super(`${driver}: Path not found: ${path}`);
  }
}

export class InvalidPathError extends Error {
  override readonly name = "InvalidPathError";
  constructor(readonly driver: string, readonly path: string) {
    super(`${driver}: invalid path: ${path}`);
  }
}

/** The store could not do it (full disk, no rights, hardware): `code` is the system's, e.g. ENOSPC. */
export class StorageError extends Error {
  override readonly name = "StorageError";
  constructor(
    readonly driver: string,
    readonly action: string,
    readonly path: string,
    readonly code: string | undefined,
    cause: unknown,
  ) {
    super(`${driver}: cannot ${action} ${path}: ${code ?? String(cause)}`, { cause });
  }
}
