import { InvalidPathError } from "./driver.ts";

/** distribution's registry/storage/driver PathRegexp. */
const PATH = /^(?:\/[A-Za-z0-9._-]+)+$/;
const NAME = /^[A-Za-z0-9._-]+$/;
/** distribution's expression lets them through; they would lead out of the root. */
const DOTS = /\/\.\.?(?:\/|$)/;

/** @throws InvalidPathError when the path isn't one that names a file or folder below the root */
export function checkPath(driver: string, path: string): void {
  if (!isPath(path)) throw new InvalidPathError(driver, path);
}

/** Whether it names a file or folder below the root. */
export function isPath(path: string): boolean {
  return PATH.test(path) && !DOTS.test(path);
}

/** As checkPath, and "/" is a folder too. @throws InvalidPathError */
export function checkFolderPath(driver: string, path: string): void {
  if (path !== "/") checkPath(driver, path);
}

/** Whether a path can have this component. Junk in the tree with another name can't be asked for, so it isn't listed. */
export function isPathComponent(name: string): boolean {
  return NAME.test(name) && name !== "." && name !== "..";
}

/** The folder that holds `path`; "/" for the first level. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash <= 0 ? "/" : path.slice(0, slash);
}

/** `["a", "b"]` of "/a/b", nothing of "/". */
export function componentsOf(path: string): string[] {
  return path === "/" ? [] : path.slice(1).split("/");
}
