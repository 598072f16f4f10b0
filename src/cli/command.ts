import type { ExitCode } from "./exit_code.ts";
import type { System } from "./system.ts";

/** What came after the name of a command. */
export interface Arguments {
  readonly positional: readonly string[];
  /** Names of the flags that were given, without dashes. */
  readonly flags: ReadonlySet<string>;
}

/** One thing that the program can do. */
export interface Command {
  readonly name: string;
  /** For the list of commands. */
  readonly summary: string;
  /** What follows the name: `[config]`. */
  readonly takes: string;
  /** Flags beside --help, with what they do. */
  readonly flags: Readonly<Record<string, string>>;
  /** For `help <command>`, below its usage. */
  readonly about: string;
  /** It reads what follows its name by itself: all of it is positional, but for a --help that comes first. */
  readonly readsArguments?: true;
  run(args: Arguments, system: System): Promise<ExitCode>;
}
