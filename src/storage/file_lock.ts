import { systemCode } from "./system_error.ts";

/** Codes of file systems that have no locks. */
const NO_LOCKS = new Set(["ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EINVAL", "ENOLCK"]);

/** An open file that servers which share the tree write in turns. */
export interface LockableFile {
  /**
   * Takes the exclusive lock without waiting: advisory, ends with unlock or close. False when another open file has it, of this
   * process or another; true as well where the file system has no locks.
   */
  tryLock(): boolean;
  /** Whether the path, one of the system, still leads to this file, which may have been moved or removed since it was opened. */
  isAt(path: string): boolean;
  stat(): { readonly size: number };
}

/** Another server writes the file, has written it, or took it away. */
export class BusyFileError extends Error {
  override readonly name = "BusyFileError";
  readonly code = "EBUSY";
}

/**
 * Whoever writes an upload has it locked meanwhile, and looks after taking the lock whether the file is still what it was: a blob
 * has the inode of its upload, so that a late write would go into published content.
 *
 * @throws BusyFileError
 */
export function lockFile(file: LockableFile, path: string): void {
  if (!file.tryLock()) throw new BusyFileError(`Cannot write ${path}: another is writing it`);
  if (!file.isAt(path)) throw new BusyFileError(`Cannot write ${path}: it was moved or removed`);
}

/** @throws BusyFileError when there are more or fewer bytes than expected */
export function checkSize(file: LockableFile, path: string, expected: number): void {
  const { size } = file.stat();
  if (size === expected) return;
  throw new BusyFileError(
    `Cannot write ${path}: it has ${size} bytes instead of ${expected}, so another writes it`,
  );
}

/** For LockableFile's tryLock. @param lock the system's call */
export function tryLock(lock: () => boolean): boolean {
  try {
    return lock();
  } catch (error) {
    if (NO_LOCKS.has(systemCode(error) ?? "")) return true;
    throw error;
  }
}

interface Identity {
  readonly dev: number;
  readonly ino: number | null;
}

/** For LockableFile's isAt. @param look the system's stat of the path */
export function isSame(file: Identity, look: () => Identity): boolean {
  try {
    const { dev, ino } = look();
    return ino === file.ino && dev === file.dev;
  } catch (error) {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return false;
    throw error;
  }
}
