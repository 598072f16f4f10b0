import type { HttpConfig } from "../config/config.ts";
import { formatDuration } from "../config/duration.ts";
import type { RunningApp } from "../running_app.ts";
import { EXIT, type ExitCode } from "./exit_code.ts";
import { targetOfApp } from "./probe.ts";
import type { StartLog } from "./start_log.ts";
import type { System } from "./system.ts";
import type { ServiceManager } from "./systemd.ts";

export interface Supervised {
  readonly app: RunningApp;
  readonly http: HttpConfig;
  readonly log: StartLog;
  readonly manager: ServiceManager;
  readonly system: System;
}

/** Waits for a signal to stop, or for the end of the server, and stops it; meanwhile does what other signals ask for. */
export function untilStopped(supervised: Supervised): Promise<ExitCode> {
  const { app, http: { draintimeout }, log, manager, system } = supervised;
  const { promise, resolve } = Promise.withResolvers<ExitCode>();
  const fail = (error: unknown) => {
    log.error(`Cannot stop in order: ${textOf(error)}`);
    resolve(EXIT.FAILURE);
  };
  manager.ready("serving");
  const stopWatch = keepWatch(supervised);
  const control = controller(supervised);
  let isStopping = false;
  const stop = async () => {
    const told = manager.stopping(draintimeout);
    log.info(`stopping: running transfers have ${formatDuration(draintimeout)} to finish`);
    const isDrained = await app.stop(draintimeout);
    await orLater(told, LONGEST_TOLD_MS);
    if (!isDrained) log.error("stopped before every transfer had finished: see http.draintimeout");
    resolve(isDrained ? EXIT.OK : EXIT.FAILURE);
  };
  const unlisten = system.onStopSignal((signal) => {
    if (isStopping) {
      log.warn(`${signal} again: ending at once`);
      resolve(EXIT.FAILURE);
    } else {
      isStopping = true;
      control.close();
      stopWatch();
      stop().catch(fail);
    }
  });
  app.closed.then(() => {
    if (isStopping) return;
    log.error("the server has closed by itself");
    resolve(EXIT.FAILURE);
  }, fail);
  return promise.finally(() => {
    unlisten();
    stopWatch();
    control.end();
  });
}

/** SIGHUP reads files again, SIGUSR1 turns read-only mode on and off. Neither may end the process, whenever it comes. */
function controller({ app, log, manager, system }: Supervised) {
  let isClosed = false;
  let isReloading = false;
  let isAskedAgain = false;
  const reload = async () => {
    if (isReloading) {
      isAskedAgain = true;
      return;
    }
    isReloading = true;
    do {
      isAskedAgain = false;
      manager.reloading();
      log.info("SIGHUP: reading certificates, users and keys again");
      await app.reload().catch((error) => log.error(`Cannot read files again: ${textOf(error)}`));
    } while (isAskedAgain && !isClosed);
    isReloading = false;
    if (!isClosed) manager.ready("serving");
  };
  const toggle = () => {
    try {
      log.info(`SIGUSR1: read-only mode is ${app.toggleReadOnly() ? "on" : "off"}`);
    } catch (error) {
      log.error(`Cannot change read-only mode: ${textOf(error)}`);
    }
  };
  const end = system.onControlSignal((signal) => {
    if (isClosed) log.info(`${signal} has no effect: stopping`);
    else if (signal === "SIGHUP") reload();
    else toggle();
  });
  return { close: () => void (isClosed = true), end };
}

/** Systemd restarts a server that neither turns nor answers. An answer of any kind will do: a full disk is not healed by a restart. */
function keepWatch({ app, http, log, manager, system }: Supervised): () => void {
  const target = targetOfApp(app, http.tls);
  let isSilent = false;
  const isAlive = async (limitMs: number) => {
    await system.probe(target, limitMs).catch((error) => {
      if (!isTurnedAway(error)) throw error;
    });
    isSilent = false;
    return true;
  };
  return manager.watch(isAlive, () => {
    if (!isSilent) log.error(`${target.text} does not answer: systemd's watchdog is not told`);
    isSilent = true;
  });
}

/** A manager that takes no messages must not keep the server from its end. */
const LONGEST_TOLD_MS = 1000;

async function orLater(done: Promise<void>, ms: number): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([done, late]);
  clearTimeout(timer);
}

/** Closed at once: by a server that has as many connections as it can take, and lives. */
function isTurnedAway(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ECONNRESET";
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
