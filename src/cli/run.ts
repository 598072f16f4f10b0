import { parseArgs } from "@std/cli/parse-args";
import { suggestion } from "../config/nearest.ts";
import { CACHE } from "./cache.ts";
import { CHECK_CONFIG } from "./check_config.ts";
import { CLIENT_CONFIG } from "./client_config.ts";
import type { Arguments, Command } from "./command.ts";
import { denoSystem } from "./deno_system.ts";
import { EXIT, type ExitCode } from "./exit_code.ts";
import { makeHelp, overview, usage } from "./help.ts";
import { HTPASSWD } from "./htpasswd.ts";
import { HEALTHCHECK } from "./healthcheck.ts";
import { SERVE } from "./serve.ts";
import type { System } from "./system.ts";
import { VERSION } from "./version.ts";

/** Commands of registry:2 and of ours that come later. */
const NOT_BUILT: readonly string[] = ["garbage-collect", "verify"];

/** Does what the command line says. @returns the exit status */
export async function run(
  args: readonly string[],
  system: System = denoSystem(),
): Promise<ExitCode> {
  const commands = [SERVE, CHECK_CONFIG, CLIENT_CONFIG, CACHE, HEALTHCHECK, HTPASSWD, VERSION];
  const all = [...commands, makeHelp(commands)];
  const [first, ...rest] = args;
  if (first === undefined) {
    // as distribution: usage, and no failure
    system.err(overview(system.program, all));
    return EXIT.OK;
  }
  const name = aliasOf(first) ?? first;
  const command = all.find((command) => command.name === name);
  if (command !== undefined) return await runCommand(command, rest, system);
  // the forms of the images' entry points: `registry config.yml`, or any file that is there
  if (/\.ya?ml$/i.test(first) || (!first.startsWith("-") && await system.isFile(first))) {
    return await runCommand(SERVE, args, system);
  }
  system.err(describeUnknown(first, all.map(({ name }) => name), system.program));
  return NOT_BUILT.includes(first) ? EXIT.FAILURE : EXIT.USAGE;
}

function aliasOf(argument: string): string | undefined {
  if (argument === "-v" || argument === "--version") return "version";
  return argument === "-h" || argument === "--help" ? "help" : undefined;
}

function describeUnknown(name: string, commands: readonly string[], program: string): string {
  if (NOT_BUILT.includes(name)) return `Cannot run ${name}: it is not built into berth yet.\n`;
  const what = name.startsWith("-") ? "flag" : "command";
  const candidates = what === "flag" ? ["--help", "--version"] : commands;
  return `Unknown ${what} ${name}${
    suggestion(name, candidates)
  }\nRun '${program} help' for usage.\n`;
}

async function runCommand(
  command: Command,
  args: readonly string[],
  system: System,
): Promise<ExitCode> {
  const parsed = parse(command, args);
  if (parsed.unknown !== undefined) {
    const known = [...Object.keys(command.flags), "help"].map((flag) => `--${flag}`);
    system.err(
      `Unknown flag ${parsed.unknown}${suggestion(parsed.unknown, known)}\n\n` +
        usage(system.program, command),
    );
    return EXIT.USAGE;
  }
  if (parsed.flags.has("help")) {
    system.out(usage(system.program, command));
    return EXIT.OK;
  }
  return await command.run(parsed, system);
}

function parse(
  command: Command,
  args: readonly string[],
): Arguments & { readonly unknown: string | undefined } {
  if (command.readsArguments) {
    const isHelp = args[0] === "--help" || args[0] === "-h";
    return { positional: args, flags: new Set(isHelp ? ["help"] : []), unknown: undefined };
  }
  const names = [...Object.keys(command.flags), "help"];
  let unknown: string | undefined;
  const parsed = parseArgs(args, {
    boolean: names,
    string: ["_"],
    alias: { help: "h" },
    unknown: (argument, key) => {
      if (key === undefined) return true; // positional
      unknown ??= argument;
      return false;
    },
  });
  const flags = new Set(names.filter((name) => parsed[name] === true));
  return { positional: parsed._.map(String), flags, unknown };
}
