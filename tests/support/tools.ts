import { join } from "@std/path";

/** True in the pipeline, where a missing tool is a failure and not a reason to leave a test out. */
export const inCi = Deno.env.get("CI") === "true";

/** The path of a program from PATH, or from where `go install` puts programs; undefined when it isn't installed. */
export function findTool(name: string): string | undefined {
  const home = Deno.env.get("HOME") ?? "/root";
  const folders = [
    ...(Deno.env.get("PATH") ?? "").split(":"),
    "/usr/sbin",
    Deno.env.get("GOBIN") ?? join(Deno.env.get("GOPATH") ?? join(home, "go"), "bin"),
  ];
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

/** The path of a program. @throws when it isn't installed */
export function requireTool(name: string): string {
  const path = findTool(name);
  if (path === undefined) throw new Error(`Cannot run the test: ${name} is not installed`);
  return path;
}

/**
 * Registers a test that needs programs, or files beside the repository. Without them it is reported as ignored, in CI it fails.
 */
export function toolTest(
  needs: { readonly tools?: readonly string[]; readonly paths?: readonly string[] },
  name: string,
  fn: () => Promise<void>,
): void {
  const missing = [
    ...(needs.tools ?? []).filter((tool) => findTool(tool) === undefined),
    ...(needs.paths ?? []).filter((path) => !exists(path)),
  ];
  Deno.test({
    name,
    ignore: missing.length > 0 && !inCi,
    fn: async () => {
      if (missing.length > 0) throw new Error(`Cannot run the test without ${missing.join(", ")}`);
      await fn();
    },
  });
}

function isProgram(path: string): boolean {
  try {
    const info = Deno.statSync(path);
    return info.isFile && ((info.mode ?? 0) & 0o111) !== 0;
  } catch {
    return false;
  }
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
