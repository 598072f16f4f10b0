import { parseArgs } from "@std/cli/parse-args";
import { suggestion } from "../config/nearest.ts";

/** The command line was not understood; the message is a sentence. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What commands that read their arguments themselves were given. */
export interface Flags {
  readonly positional: readonly string[];
  /** Of a flag with a value; undefined when it was not given. */
  text(name: string): string | undefined;
  has(name: string): boolean;
}

/**
 * Takes flags and the rest apart, in any order; `--help` is always one.
 * @param texts flags with a value @param switches flags without @throws UsageError
 */
export function readFlags(
  args: readonly string[],
  texts: readonly string[],
  switches: readonly string[] = [],
): Flags {
  let unknown: string | undefined;
  const parsed = parseArgs(args, {
    string: [...texts, "_"],
    boolean: [...switches, "help"],
    alias: { help: "h" },
    unknown: (argument, key) => {
      if (key !== undefined) unknown ??= argument;
      return key === undefined;
    },
  });
  if (unknown !== undefined) {
    const known = [...texts, ...switches, "help"].map((name) => `--${name}`);
    throw new UsageError(`Unknown flag ${unknown}${suggestion(unknown, known)}`);
  }
  const empty = texts.find((name) => parsed[name] === "");
  if (empty !== undefined) throw new UsageError(`Expected a value after --${empty}`);
  return {
    positional: parsed._.map(String),
    text: (name) => parsed[name] === undefined ? undefined : String(parsed[name]),
    has: (name) => parsed[name] === true,
  };
}
