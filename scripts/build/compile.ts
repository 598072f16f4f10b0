import { join } from "@std/path";
import { run } from "../../tests/support/process.ts";
import { excludedFolders } from "./excluded.ts";

/** The Deno that compiles, and the runtime that it puts the program into when that isn't its own. */
export interface Toolchain {
  readonly deno: string;
  /** Path of an ELF that serves as denort. */
  readonly denort?: string;
}

/**
 * What the program may do, fixed at compile time. Paths and addresses come from the configuration, so that they cannot be narrowed
 * here; variables are read as a whole because `REGISTRY_*` is a pattern. Nothing is ever run, no FFI, no import at run time.
 */
const PERMISSIONS = ["--allow-read", "--allow-write", "--allow-net", "--allow-env"];

/** System information: how much memory the page cache may take, and whose rights node's `access` looks at. */
const SYSTEM = ["--allow-sys=systemMemoryInfo,uid,gid"];

/** Modules that are only named in `new Worker(…)`, which the module graph doesn't show: all that are called so. */
function workersBelow(root: string, folder: string): string[] {
  return [...Deno.readDirSync(join(root, folder))].flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) return workersBelow(root, path);
    return entry.name.endsWith("_worker.ts") ? [path] : [];
  });
}

/** Compiles main.ts of `root` to one file. @throws with the compiler's output */
export async function compile(root: string, output: string, toolchain: Toolchain): Promise<void> {
  const excluded = await excludedFolders(root, toolchain.deno);
  const command = [
    toolchain.deno,
    "compile",
    // the cache would be written under a name that anybody can foresee, in the temporary folder
    "--no-code-cache",
    "--no-prompt",
    ...PERMISSIONS,
    ...SYSTEM,
    ...workersBelow(root, "src").map((path) => `--include=${path}`),
    ...excluded.map((path) => `--exclude=${path}`),
    `--output=${output}`,
    "main.ts",
  ];
  // an older compiler knows older types; `deno task ok` has checked
  if (toolchain.denort !== undefined) command.splice(2, 0, "--no-check");
  const env = toolchain.denort === undefined ? {} : { DENORT_BIN: toolchain.denort };
  try {
    await run(command, { cwd: root, env });
  } catch (error) {
    const advice = toolchain.denort === undefined
      ? "\nIf denort cannot be downloaded here, --denort-from-npm makes one for smoke tests."
      : "";
    throw new Error(`Cannot compile: ${error instanceof Error ? error.message : error}${advice}`);
  }
}
