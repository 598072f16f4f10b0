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

export const CHECK_CONFIG: Command = {
  name: "check-config",
  summary: "print the configuration in effect, or what is wrong with it",
  takes: "[config]",
  flags: { ...DEFAULT_FLAG, strict: "take unknown keys and variables for errors" },
  about:
    "Prints the configuration that `serve` would run by, with the place where each value comes from\n" +
    "and without secrets. Exit status 1 when it is wrong: then every problem is printed.\n",

  async run(args, system) {
    try {
      const { loaded } = await loadFrom(args, system);
      const isUnfit = (kind: string) => args.flags.has("strict") && kind === "unknown";
      const refused = loaded.warnings.filter(({ kind }) => isUnfit(kind));
      const errors = [...(loaded.ok ? [] : loaded.errors), ...refused];
      system.err(describeWarnings(loaded.warnings.filter(({ kind }) => !isUnfit(kind))));
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
