import { fromFileUrl } from "@std/path";
import { type RegistryOptions, RegistryProcess } from "./registry_process.ts";

/** main.ts of this repository. */
export const mainFile: string = fromFileUrl(new URL("../../main.ts", import.meta.url));

/**
 * `berth serve` from source, with the Deno that runs the tests. BERTH_TEST_COMMAND takes its place, so that the same tests can be
 * run against a compiled binary: `BERTH_TEST_COMMAND="dist/berth serve"`.
 */
export function berthCommand(): readonly string[] {
  const other = Deno.env.get("BERTH_TEST_COMMAND");
  return other?.split(" ") ?? [Deno.execPath(), "run", "-A", mainFile, "serve"];
}

/** Starts berth as a child process with deletes enabled; resolves when it answers. */
export function startBerth(options: Partial<RegistryOptions> = {}): Promise<RegistryProcess> {
  return RegistryProcess.start({ command: berthCommand(), ...options });
}
