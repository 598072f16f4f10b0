import { InvalidPathError, PathNotFoundError, StorageError } from "./driver.ts";

/** What the system calls it (`ENOSPC`, `ENOENT`), when the error comes from there. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** Codes that mean that nothing of this name can be there. */
const ABSENT = new Set(["ENOENT", "ENOTDIR", "ENAMETOOLONG"]);

export function isAbsent(error: unknown): boolean {
  const code = systemCode(error);
  return code !== undefined && ABSENT.has(code);
}

/** For calls on something that must be there: its absence is a PathNotFoundError, all else a StorageError. */
export function lookupError(driver: string, action: string, path: string, error: unknown): Error {
  return isAbsent(error)
    ? new PathNotFoundError(driver, path)
    : storageError(driver, action, path, error);
}

/** A StorageError with the system's code; errors of ours pass as they are. */
export function storageError(driver: string, action: string, path: string, error: unknown): Error {
  const ours = error instanceof StorageError || error instanceof PathNotFoundError ||
    error instanceof InvalidPathError;
  return ours ? error : new StorageError(driver, action, path, systemCode(error), error);
}
