import { join } from "@std/path";
import { run } from "../../tests/support/process.ts";

/**
 * The tests of a package that a package of ours needs: a file of 2 MB of numbers among them, over which `deno compile` dies with a
 * stack overflow (2.6.8 and 2.9.6). They are loaded by nobody.
 */
const EXCLUDED = { name: "bintrees", folder: "test" } as const;

/**
 * Folders to keep out of the program, in Deno's cache of packages: that is `<cache>/<registry>/<package>/<version>`.
 * @param deno the compiler, which first fills its cache with what main.ts of `root` needs
 */
export async function excludedFolders(root: string, deno: string): Promise<string[]> {
  await run([deno, "install", "--quiet", "--entrypoint", "main.ts"], { cwd: root });
  const { stdout } = await run([deno, "info", "--json"], { cwd: root });
  const { npmCache } = JSON.parse(stdout) as { npmCache: string };
  return foldersIn(npmCache)
    .flatMap((registry) => foldersIn(join(registry, EXCLUDED.name)))
    .map((version) => join(version, EXCLUDED.folder))
    .filter(isFolder);
}

/** None when there is no such folder: not every registry has the package. */
function foldersIn(path: string): string[] {
  if (!isFolder(path)) return [];
  return [...Deno.readDirSync(path)].filter((entry) => entry.isDirectory)
    .map((entry) => join(path, entry.name));
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
