import { renderText } from "../config/option_table.ts";
import { suggestion } from "../config/nearest.ts";
import type { Command } from "./command.ts";
import { EXIT } from "./exit_code.ts";

/** The text of `help`. */
export function overview(program: string, commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name, takes }) => name.length + takes.length)) + 4;
  const lines = commands.map(({ name, takes, summary }) => {
    return `  ${`${name} ${takes}`.padEnd(width)}${summary}\n`;
  });
  return `A registry for container images, in place of registry:2 and registry:3.\n\n` +
    `Usage:\n  ${program} <command> [flags]\n  ${program} <config.yml>   the same as serve <config.yml>\n\n` +
    `Commands:\n${lines.join("")}\n` +
    "Flags:\n  -h, --help      show help, also of a command\n  -v, --version   show the version\n\n" +
    `${program} help config shows every option of the configuration.\n`;
}

/** How one command is called. */
export function usage(program: string, command: Command): string {
  const flags = Object.entries({ ...command.flags, help: "show this" })
    .map(([name, about]) => `  ${`--${name}`.padEnd(12)}${about}\n`);
  const line = `${program} ${command.name} ${command.takes}`.trimEnd();
  const anyFlags = command.readsArguments ? "" : " [flags]";
  return `Usage:\n  ${line}${anyFlags}\n\n${command.about}\nFlags:\n${flags.join("")}`;
}

/** `help`, `help <command>`, `help config`. */
export function makeHelp(others: readonly Command[]): Command {
  const help: Command = {
    name: "help",
    summary: "show help about a command or the configuration",
    takes: "[command|config]",
    flags: {},
    about:
      "`help config` shows every option, `help config http.tls` those that have this in their name.\n",

    run({ positional: [topic, only] }, system) {
      const commands = [...others, help];
      const command = commands.find(({ name }) => name === topic);
      if (topic === undefined) system.out(overview(system.program, commands));
      else if (command !== undefined) system.out(usage(system.program, command));
      else if (topic === "config") system.out(renderText(only));
      else {
        const names = [...commands.map(({ name }) => name), "config"];
        system.err(`There is no help about ${topic}${suggestion(topic, names)}\n`);
        return Promise.resolve(EXIT.USAGE);
      }
      return Promise.resolve(EXIT.OK);
    },
  };
  return help;
}
