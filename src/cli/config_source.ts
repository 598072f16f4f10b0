import { PATH_VARIABLE } from "../config/environment.ts";
import type { Config } from "../config/config.ts";
import { type ConfigText, loadConfig, type Loaded } from "../config/load.ts";
import { describeProblem, type Problem } from "../config/problem.ts";
import type { Arguments } from "./command.ts";
import type { System } from "./system.ts";

/** Where the images of registry:3 and registry:2 have it. */
export const SYSTEM_PATHS: readonly string[] = [
  "/etc/distribution/config.yml",
  "/etc/docker/registry/config.yml",
];

/** A configuration file that cannot be had; the message is a whole sentence. */
export class ConfigFileError extends Error {
  override readonly name = "ConfigFileError";
}

/**
 * The configuration file: the argument, else REGISTRY_CONFIGURATION_PATH, else the first of the system's paths that is there.
 * Undefined when there is none, and the built-in default is to be used.
 * @throws ConfigFileError
 */
export async function readConfigFile(
  argument: string | undefined,
  system: System,
): Promise<ConfigText | undefined> {
  const named = argument ?? (system.environment[PATH_VARIABLE] || undefined);
  if (named !== undefined) {
    const text = await readFile(named, system);
    if (text !== undefined) return { text, path: named };
    const by = argument === undefined ? `, which ${PATH_VARIABLE} names` : "";
    throw new ConfigFileError(`Cannot read the configuration ${named}${by}: there is no such file`);
  }
  for (const path of SYSTEM_PATHS) {
    const text = await readFile(path, system);
    if (text !== undefined) return { text, path };
  }
  return undefined;
}

async function readFile(path: string, system: System): Promise<string | undefined> {
  try {
    return await system.readTextFile(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigFileError(`Cannot read the configuration ${path}: ${why}`);
  }
}

/** For the commands that take a configuration: what they are called with beside its path. */
export const DEFAULT_FLAG = {
  default: "use the built-in default, whatever files are there",
} as const;

/** Reads and checks the configuration that a command was given. @throws ConfigFileError */
export async function loadFrom(
  { positional: [argument, ...others], flags }: Arguments,
  system: System,
): Promise<{ source: ConfigText | undefined; loaded: Loaded }> {
  if (flags.has("default") && argument !== undefined) {
    throw new ConfigFileError(
      `Cannot use ${argument} and --default at once: leave one of them out`,
    );
  }
  if (others.length > 0) {
    system.err(`warning: ignored after the configuration: ${others.join(" ")}\n`);
  }
  const source = flags.has("default") ? undefined : await readConfigFile(argument, system);
  return { source, loaded: loadConfig(source, system.environment) };
}

/** What `serve` would run by: of this file, else from where it looks. @throws ConfigFileError with all that is wrong */
export async function loadConfigured(path: string | undefined, system: System): Promise<Config> {
  const args = { positional: path === undefined ? [] : [path], flags: new Set<string>() };
  const { loaded } = await loadFrom(args, system);
  if (!loaded.ok) throw new ConfigFileError(describeErrors(loaded.errors).trimEnd());
  return loaded.config;
}

/** Errors as a block: how many, then one line each. */
export function describeErrors(errors: readonly Problem[]): string {
  const count = errors.length === 1 ? "1 problem" : `${errors.length} problems`;
  const lines = errors.map((error) => `  ${describeProblem(error)}\n`);
  return `configuration error: ${count}\n${lines.join("")}`;
}

export function describeWarnings(warnings: readonly Problem[]): string {
  return warnings.map((warning) => `warning: ${describeProblem(warning)}\n`).join("");
}
