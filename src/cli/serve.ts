import type { Config } from "../config/config.ts";
import type { Loaded } from "../config/load.ts";
import { describeProblem } from "../config/problem.ts";
import type { Command } from "./command.ts";
import {
  ConfigFileError,
  DEFAULT_FLAG,
  describeErrors,
  loadFrom,
  SYSTEM_PATHS,
} from "./config_source.ts";
import { EXIT, type ExitCode } from "./exit_code.ts";
import type { RunningApp } from "../running_app.ts";
import { describeOldRuntime, refuseTlsOn } from "./runtime.ts";
import { describeStartError } from "./start_error.ts";
import { makeStartLog, type StartLog } from "./start_log.ts";
import { untilStopped } from "./supervise.ts";
import type { System } from "./system.ts";
import { connectManager, inheritedSocket } from "./systemd.ts";

export const SERVE: Command = {
  name: "serve",
  summary: "store and serve container images",
  takes: "[config]",
  flags: DEFAULT_FLAG,
  about: "The configuration is the argument, else REGISTRY_CONFIGURATION_PATH, else\n" +
    `${SYSTEM_PATHS.join(" or\n")}, else ./berth-data is served on\n` +
    "127.0.0.1:5000. Variables such as REGISTRY_HTTP_ADDR override it (`help config` has all options).\n" +
    "SIGTERM lets running transfers finish within http.draintimeout, a second one does not.\n" +
    "SIGHUP reads certificates, users and keys again, SIGUSR1 turns read-only mode on and off.\n",

  async run(args, system) {
    try {
      const { source, loaded } = await loadFrom(args, system);
      return await serve(loaded, source?.path, system);
    } catch (error) {
      if (!(error instanceof ConfigFileError)) throw error;
      system.err(`${error.message}\n`);
      return EXIT.FAILURE;
    }
  },
};

async function serve(
  loaded: Loaded,
  path: string | undefined,
  system: System,
): Promise<ExitCode> {
  const log = makeStartLog(loaded.ok ? loaded.config.log : { formatter: "text" }, system);
  for (const warning of loaded.warnings) log.warn(describeProblem(warning));
  if (!loaded.ok) {
    system.err(describeErrors(loaded.errors));
    return EXIT.FAILURE;
  }
  const weakness = describeOldRuntime(system.denoVersion);
  if (weakness !== undefined) log.warn(weakness);
  const refusal = loaded.config.http.tls && refuseTlsOn(system.denoVersion);
  if (refusal !== undefined) {
    log.error(refusal);
    return EXIT.FAILURE;
  }
  const ignoreUncaught = system.onUncaught((error) => log.error(describeUncaught(error)));
  const ignoreEarly = system.onControlSignal((signal) => {
    log.info(`${signal} has no effect: still starting`);
  });
  try {
    const app = await start(loaded.config, log, system);
    if (app === undefined) return EXIT.FAILURE;
    log.info(describeStart(app, loaded.config, path, system));
    const { http } = loaded.config;
    const stopped = untilStopped({ app, http, log, system, manager: connectManager(system) });
    ignoreEarly(); // only now: without any listener a signal ends the process
    return await stopped;
  } finally {
    ignoreEarly();
    ignoreUncaught();
  }
}

async function start(
  config: Config,
  log: StartLog,
  system: System,
): Promise<RunningApp | undefined> {
  try {
    await prepareStorage(config, log, system);
    const inherited = inheritedSocket(system.environment, system.pid, system.socketPath);
    return await system.startApp(config, { version: system.version, inherited });
  } catch (error) {
    log.error(describeStartError(error, config));
    return undefined;
  }
}

/**
 * A folder that cannot be used is noticed now, not at the first push. One that cannot be written is served all the same, and what is
 * only read may be missing, as in distribution.
 */
async function prepareStorage({ storage }: Config, log: StartLog, system: System): Promise<void> {
  const { driver, maintenance } = storage;
  if (driver.name !== "filesystem" || maintenance.readonly.enabled) return;
  if (await system.prepareFolder(driver.rootdirectory)) return;
  log.warn(
    `the folder ${driver.rootdirectory} cannot be written: pulls work, pushes and deletes will fail. ` +
      "Give write permission to the user that berth runs as, or set storage.maintenance.readonly",
  );
}

/** What is served from where, and without a file what to try. */
function describeStart(
  app: RunningApp,
  config: Config,
  path: string | undefined,
  system: System,
): string {
  const { driver } = config.storage;
  const storage = driver.name === "filesystem" ? driver.rootdirectory : "memory only";
  const where = app.url ?? app.address;
  const start = `berth ${system.version} serves ${storage} on ${where}`;
  if (path !== undefined) return `${start}, configured by ${path}`;
  const port = /:(\d+)$/.exec(app.address)?.[1];
  if (config.log.formatter !== "text" || port === undefined) {
    return `${start}, without a configuration file`;
  }
  return `${start}, without a configuration file. Try:\n` +
    `  docker tag alpine localhost:${port}/alpine\n` +
    `  docker push localhost:${port}/alpine`;
}

function describeUncaught(error: unknown): string {
  const text = error instanceof Error ? error.stack ?? error.message : String(error);
  return `an error that nobody caught, the server goes on: ${text}`;
}
