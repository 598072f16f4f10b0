import type { Config } from "../../src/config/config.ts";
import { loadConfig, type Loaded } from "../../src/config/load.ts";
import { describeProblem } from "../../src/config/problem.ts";

/** The least that a configuration must say; sections of a test come behind it. */
export const BASE = "version: 0.1\nstorage: inmemory\n";

export function load(text: string, environment: Record<string, string> = {}): Loaded {
  return loadConfig({ text, path: "config.yml" }, environment);
}

/** The configuration of a text that must be right. @throws with all problems */
export function configOf(text: string, environment: Record<string, string> = {}): Config {
  const loaded = load(text, environment);
  if (loaded.ok) return loaded.config;
  throw new Error(
    `The configuration has problems:\n${loaded.errors.map(describeProblem).join("\n")}`,
  );
}

export function errorsOf(text: string, environment: Record<string, string> = {}): string[] {
  const loaded = load(text, environment);
  return loaded.ok ? [] : loaded.errors.map(describeProblem);
}

export function warningsOf(text: string, environment: Record<string, string> = {}): string[] {
  return load(text, environment).warnings.map(describeProblem);
}

/** A value at a dotted path. */
export function at(value: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>(
    (found, key) => (found as Record<string, unknown> | undefined)?.[key],
    value,
  );
}
