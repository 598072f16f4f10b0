import { suggestion } from "../config/nearest.ts";
import { LS } from "./cache/ls.ts";
import { PREFETCH } from "./cache/prefetch.ts";
import { RM } from "./cache/rm.ts";
import { STATS } from "./cache/stats.ts";
import type { CacheTask } from "./cache/task.ts";
import type { Command } from "./command.ts";
import { loadConfigured } from "./config_source.ts";
import { EXIT } from "./exit_code.ts";
import { readFlags, UsageError } from "./flags.ts";
import { usage } from "./help.ts";

const TASKS: readonly CacheTask[] = [LS, RM, STATS, PREFETCH];

export const CACHE: Command = {
  name: "cache",
  summary: "look into the pull-through cache, forget images, fetch some before they are needed",
  takes: "ls|rm|stats|prefetch [flags]",
  flags: {
    json: "print one JSON document",
    config: "take the configuration from this file, not from where serve looks",
    "dry-run": "rm: only say what would go",
    platform: "prefetch: linux/arm64,... or all, instead of this machine's",
    user: "prefetch: a user of the registry, whose password is asked for, or read from stdin",
  },
  readsArguments: true,
  about:
    "  cache ls                 what is cached: a line for each tag, and for each image without one\n" +
    "  cache rm PATTERN...      forget images: the next pull fetches them again\n" +
    "  cache stats              how much is cached of each upstream\n" +
    "  cache prefetch IMAGE...  have the running server fetch images\n" +
    "A pattern is REPOSITORY, REPOSITORY:TAG or REPOSITORY@DIGEST as `cache ls` has them; * is any text without a slash,\n" +
    "** any text. An image goes with its last tag. What was pushed is neither shown nor removed.\n" +
    "ls, rm and stats work on the folder of storage.filesystem, whether or not the server runs; rm has to run as its user.\n" +
    "Exit status: 1 when a pattern matches nothing, or an image cannot be fetched.\n",

  async run({ positional: [name, ...args] }, system) {
    try {
      const task = taskOf(name);
      const flags = readFlags(args, ["config", ...task.texts], ["json", ...task.switches]);
      if (flags.has("help")) {
        system.out(usage(system.program, CACHE));
        return EXIT.OK;
      }
      task.check(flags);
      return await task.run(flags, await loadConfigured(flags.text("config"), system), system);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const isUsage = error instanceof UsageError;
      system.err(`${message}\n${isUsage ? `\n${usage(system.program, CACHE)}` : ""}`);
      return isUsage ? EXIT.USAGE : EXIT.FAILURE;
    }
  },
};

function taskOf(name: string | undefined): CacheTask {
  const names = TASKS.map((task) => task.name);
  if (name === undefined) throw new UsageError(`Expected one of ${names.join(", ")}`);
  const task = TASKS.find((task) => task.name === name);
  if (task !== undefined) return task;
  throw new UsageError(`Unknown subcommand ${name}${suggestion(name, names)}`);
}
