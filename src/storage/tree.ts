import type { HashName } from "./driver.ts";
import type { SystemStat } from "./file_system.ts";
import type { Ended } from "./store_worker_protocol.ts";

/**
 * What changes the tree below a root, and looks at its names. Takes checked paths of the driver, throws the errors of
 * the system. Arguments and results can be sent to another isolate.
 */
export interface Tree {
  /**
   * Replaces a file whole, and makes the folders above it.
   * @param lazy it need not survive a power cut
   */
  replace(path: string, content: Uint8Array<ArrayBuffer>, lazy: boolean): Promise<void>;
  /**
   * Renames a file or folder durably, and makes the folders above `to`, unless `from` is missing.
   * @param size bytes that the file must have, with nobody writing it; EBUSY otherwise
   */
  move(from: string, to: string, size?: number): Promise<void>;
  /**
   * Removes a file or folder, also when others remove parts of it or add to it meanwhile.
   * @param lazy it may come back after a power cut
   */
  remove(path: string, lazy: boolean): Promise<void>;
  /** Removes a file if it is there; that need not survive a power cut. */
  discard(path: string): Promise<void>;
  /** @param time the new modification time, in milliseconds since 1970 */
  touch(path: string, time: number): Promise<void>;
  stat(path: string): Promise<SystemStat>;
  /** In bytes, in the order of the paths; undefined for what is no file. */
  sizes(paths: readonly string[]): Promise<(number | undefined)[]>;
  /** Makes an empty file, and the folders above it; EBUSY when there is one. */
  makeFile(path: string): Promise<void>;
  /** Appends to a small file, in one go with all that it takes; EBUSY when another server has it. */
  append(path: string, append: SmallAppend): Promise<Ended>;
}

export interface SmallAppend {
  /** Bytes that the file has; undefined to make it, with the folders above it. EBUSY when there are more or fewer. */
  readonly size: number | undefined;
  /** Start from nothing instead. */
  readonly truncate: boolean;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Brings all bytes to stable storage, and hashes the whole file. Undefined: hands them to the system, no more. */
  readonly commit: readonly HashName[] | undefined;
}
