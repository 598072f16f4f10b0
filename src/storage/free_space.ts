import { statfs } from "node:fs/promises";

/** Bytes that the file system of a folder has left for us; undefined when it does not say. */
export async function freeSpace(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
