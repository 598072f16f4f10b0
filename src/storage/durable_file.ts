import { allSettled } from "./all_settled.ts";
import type { TreeFiles } from "./file_system.ts";

export interface Folder {
  /** Brings the folder's own name, and those above it, to stable storage. */
  settle(): Promise<void>;
  /** Brings the names in the folder to stable storage. */
  sync(): Promise<void>;
}

/**
 * Replaces a file so that readers, and whoever comes after a power cut, see it whole, old or new: bytes aside -> fsync -> rename ->
 * fsync of the folder. The name aside is that of distribution v3 (`<path>.<uuid>.tmp`), which its garbage collection ignores.
 *
 * @param target path of the system, in an existing folder
 * @param folder the one of the target; undefined when readers must see it whole, but it need not survive a power cut
 */
export async function replaceFile(
  files: TreeFiles,
  target: string,
  content: Uint8Array<ArrayBuffer>,
  folder: Folder | undefined,
): Promise<void> {
  const aside = `${target}.${crypto.randomUUID()}.tmp`;
  await writeAside(files, aside, content, folder);
  try {
    await files.rename(aside, target);
  } catch (error) {
    await discard(files, aside);
    throw error;
  }
  await folder?.sync();
}

async function writeAside(
  files: TreeFiles,
  aside: string,
  content: Uint8Array<ArrayBuffer>,
  folder: Folder | undefined,
): Promise<void> {
  try {
    const file = await files.create(aside, content);
    try {
      // The rename must never outrun the bytes that it names.
      if (folder !== undefined) await allSettled([file.sync(), folder.settle()]);
    } finally {
      file.close();
    }
  } catch (error) {
    await discard(files, aside);
    throw error;
  }
}

/** What can't be removed stays as a stray `.tmp`, which everybody ignores; the failure before it is the one that matters. */
async function discard(files: TreeFiles, aside: string): Promise<void> {
  try {
    await files.remove(aside);
  } catch {
    // see above
  }
}
