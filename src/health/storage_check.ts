import { goText } from "./go_text.ts";

/** What the check needs of a storage driver. */
export interface Storage {
  readonly name: string;
  stat(path: string): Promise<{ readonly isFolder: boolean }>;
}

/** What the filesystem driver has its root in. */
export interface Folder {
  readonly path: string;
  /** Whether there is something else than a folder, there or above. */
  isFile(path: string): Promise<boolean>;
}

const NO_FOLDER = "not a directory";

/**
 * The check of `health.storagedriver`: whether the root of the storage can be looked at and is a folder. A root that is missing is no
 * failure, as in distribution: the first push makes it.
 * @param folder absent when the storage is memory
 */
export function storageCheck(
  storage: Storage,
  folder?: Folder,
): () => Promise<void> {
  return async () => {
    const why = await complaint(storage, folder);
    if (why !== undefined) throw new Error(`${storage.name}: stat ${folder?.path ?? "/"}: ${why}`);
  };
}

async function complaint(
  storage: Storage,
  folder: Folder | undefined,
): Promise<string | undefined> {
  try {
    const { isFolder } = await storage.stat("/");
    return isFolder ? undefined : NO_FOLDER;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "PathNotFoundError") {
      return goText(error) ?? String(error);
    }
    // the driver does not tell a root that is missing from one that is a file
    return folder !== undefined && await folder.isFile(folder.path) ? NO_FOLDER : undefined;
  }
}
