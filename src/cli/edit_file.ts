import { dirname } from "@std/path";

/**
 * Replaces a file by what `edit` makes of it (undefined: there is none): written aside, synced and renamed over it, with the same mode
 * and owner, 0600 when it is new. Edits of files in one folder wait for each other. Where it cannot be replaced, it is overwritten: a file
 * that is mounted by itself, or in a folder that others own.
 * @throws Error with a sentence; what `edit` throws, and then nothing has changed
 */
export async function editFile(
  path: string,
  edit: (content: string | undefined) => string,
): Promise<void> {
  // a link stays one
  const target = await Deno.realPath(path).catch(() => path);
  using _lock = await lockFolder(dirname(target));
  const old = await readOld(target);
  const content = edit(old?.content);
  if (content === old?.content) return;
  const bytes = new TextEncoder().encode(content);
  try {
    const isReplaced = await replace(target, bytes, old?.info);
    if (!isReplaced) await overwrite(target, bytes);
  } catch (error) {
    throw new Error(`Cannot write ${path}: ${whyNot(error, dirname(target))}`);
  }
}

/** Without locks (some network file systems, older runtimes) two edits at once may lose one of them. */
async function lockFolder(folder: string): Promise<Disposable | undefined> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(folder);
  } catch {
    return undefined;
  }
  try {
    await file.lock(true);
  } catch {
    // see above
  }
  return file;
}

async function readOld(
  path: string,
): Promise<{ readonly content: string; readonly info: Deno.FileInfo } | undefined> {
  try {
    const info = await Deno.stat(path);
    const bytes = await Deno.readFile(path);
    // a byte order mark is to stay there
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return { content: decoder.decode(bytes), info };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    const why = error instanceof TypeError
      ? "it is not UTF-8 text"
      : error instanceof Error
      ? error.message
      : error;
    throw new Error(`Cannot read ${path}: ${why}`);
  }
}

/** @returns false when the file is there, but only its content can be changed */
async function replace(
  target: string,
  bytes: Uint8Array<ArrayBuffer>,
  old: Deno.FileInfo | undefined,
): Promise<boolean> {
  const aside = `${target}.${crypto.randomUUID()}.tmp`;
  try {
    await writeAside(aside, bytes, old);
    await Deno.rename(aside, target);
  } catch (error) {
    await Deno.remove(aside).catch(() => {});
    if (old !== undefined && isNotPermitted(error)) return false;
    throw error;
  }
  using folder = await Deno.open(dirname(target));
  await folder.sync();
  return true;
}

async function writeAside(
  aside: string,
  bytes: Uint8Array<ArrayBuffer>,
  old: Deno.FileInfo | undefined,
): Promise<void> {
  using file = await Deno.open(aside, { write: true, createNew: true, mode: 0o600 });
  const { uid, gid } = await file.stat();
  if (old !== undefined && (old.uid !== uid || old.gid !== gid)) {
    await Deno.chown(aside, old.uid, old.gid);
  }
  if (old?.mode !== null && old?.mode !== undefined) await Deno.chmod(aside, old.mode & 0o777);
  await writeAll(file, bytes);
  await file.sync();
}

async function overwrite(target: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  using file = await Deno.open(target, { write: true });
  await writeAll(file, bytes);
  await file.truncate(bytes.length);
  await file.sync();
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await file.write(bytes.subarray(written));
  }
}

/** Not in the words of the system, which name the file beside it that nobody has heard of. */
function whyNot(error: unknown, folder: string): string {
  if (error instanceof Deno.errors.NotFound) return `there is no folder ${folder}. Make it first`;
  return error instanceof Error ? error.message : String(error);
}

/** EBUSY: the file is a mount of its own. */
function isNotPermitted(error: unknown): boolean {
  return error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.Busy ||
    (error instanceof Error && "code" in error && ["EPERM", "EBUSY"].includes(String(error.code)));
}
