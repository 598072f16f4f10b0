import type { Command } from "./command.ts";
import { EXIT } from "./exit_code.ts";

export const VERSION: Command = {
  name: "version",
  summary: "show the version",
  takes: "",
  flags: {},
  about: "Shows the version of berth and of the runtime in it.\n",

  run(_args, system) {
    system.out(`${system.program} ${system.version} (berth, deno ${system.denoVersion})\n`);
    return Promise.resolve(EXIT.OK);
  },
};
