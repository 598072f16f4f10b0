import type { Loaded } from "../config/load.ts";
import type { Problem } from "../config/problem.ts";
import { renderEffective } from "../config/effective.ts";
import type { Command } from "./command.ts";
import {
  ConfigFileError,
  DEFAULT_FLAG,
  describeErrors,
  describeWarnings,
  loadFrom,
} from "./config_source.ts";
import { EXIT } from "./exit_code.ts";
import type { System } from "./system.ts";

export const CHECK_CONFIG: Command = {
  name: "check-config",
  summary: "print the configuration in effect, or what is wrong with it",
  takes: "[config]",
  flags: { ...DEFAULT_FLAG, strict: "take unknown keys and variables for errors" },
  about:
    "Prints the configuration that `serve` would run by, with the place where each value comes from\n" +
    "and without secrets. Exit status 1 when it, or a file of users, certificates or keys that it names, is\n" +
    "wrong: then every problem is printed. Nothing is written, and no port is opened.\n",

  async run(args, system) {
    try {
      const { loaded } = await loadFrom(args, system);
      const isUnfit = (kind: string) => args.flags.has("strict") && kind === "unknown";
      const refused = loaded.warnings.filter(({ kind }) => isUnfit(kind));
      const found = await problemsOf(loaded, system);
      const errors = [...found.errors, ...refused];
      system.err(describeWarnings(found.warnings.filter(({ kind }) => !isUnfit(kind))));
      if (!loaded.ok || errors.length > 0) {
        system.err(describeErrors(errors));
        return EXIT.FAILURE;
      }
      system.out(renderEffective(loaded.settings));
      return EXIT.OK;
    } catch (error) {
      if (!(error instanceof ConfigFileError)) throw error;
      system.err(`${error.message}\n`);
      return EXIT.FAILURE;
    }
  },
};

/** Those of the configuration, and when it has none of errors, those of the files that it names. */
async function problemsOf(
  loaded: Loaded,
  system: System,
): Promise<{ errors: readonly Problem[]; warnings: readonly Problem[] }> {
  const { warnings } = loaded;
  if (!loaded.ok) return { errors: loaded.errors, warnings };
  const files = await system.checkFiles(loaded.config);
  return {
    errors: files.errors.map((message) => ({ kind: "error", message })),
    warnings: [
      ...warnings,
      ...files.warnings.map((message) => ({ kind: "warning", message } as const)),
    ],
  };
}
