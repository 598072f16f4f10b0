import { join } from "@std/path";

/** All below a folder: `path -> size`, a folder being `path/ -> 0` and a symbolic link `path -> its target`. Sorted. */
export async function listTree(folder: string, below = ""): Promise<[string, number | string][]> {
  const found: [string, number | string][] = [];
  for await (const { name, isDirectory, isSymlink } of readFolder(join(folder, below))) {
    const path = below === "" ? name : `${below}/${name}`;
    const full = join(folder, path);
    if (isSymlink) found.push([path, await Deno.readLink(full)]);
    else if (isDirectory) found.push([`${path}/`, 0], ...await listTree(folder, path));
    else found.push([path, (await Deno.stat(full)).size]);
  }
  return found.sort(([a], [b]) => a < b ? -1 : 1);
}

async function* readFolder(folder: string): AsyncGenerator<Deno.DirEntry> {
  try {
    yield* Deno.readDir(folder);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
