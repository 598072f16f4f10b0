import type { InheritedSocket } from "../http/address.ts";

/** What systemd tells and wants to be told (sd_notify(3), sd_listen_fds(3)). Without its variables nothing is done. */
export interface ServiceManager {
  /** It serves. */
  ready(status: string): void;
  /** Files are being read again; `ready` follows. */
  reloading(): void;
  /** @param graceMs how long it may take @returns when it has been told */
  stopping(graceMs: number): Promise<void>;
  /**
   * Keeps telling that all is well, for as long as this process turns and `isAlive` says yes, until the returned function is called.
   * @param isAlive is given half of the time between two messages @param onSilent told when it says no
   */
  watch(isAlive: (limitMs: number) => Promise<boolean>, onSilent: () => void): () => void;
}

export interface ManagerLink {
  readonly environment: Readonly<Record<string, string>>;
  readonly pid: number;
  /** Sends a datagram to a unix socket; a leading NUL names an abstract one. Never rejects: nobody may be there any more. */
  send(path: string, message: string): Promise<void>;
  /** CLOCK_MONOTONIC in microseconds, never too small. Undefined: it cannot be told. */
  monotonicUs(): number | undefined;
}

export function connectManager(link: ManagerLink): ServiceManager {
  const path = notifyPath(link.environment);
  const tell = (...lines: readonly (string | undefined)[]) => {
    if (path === undefined) return Promise.resolve();
    return link.send(path, lines.filter((line) => line !== undefined).join("\n"));
  };
  return {
    ready: (status) => void tell("READY=1", `STATUS=${status}`, `MAINPID=${link.pid}`),
    reloading: () => {
      const now = link.monotonicUs();
      const since = now === undefined ? undefined : `MONOTONIC_USEC=${now}`;
      void tell("RELOADING=1", since, "STATUS=reading files again");
    },
    stopping: (graceMs) => {
      // what comes after the transfers takes time as well
      const extension = `EXTEND_TIMEOUT_USEC=${Math.min(graceMs + 10_000, LONGEST_MS) * 1000}`;
      return tell("STOPPING=1", extension, "STATUS=waiting for running transfers");
    },
    watch: (isAlive, onSilent) => {
      const interval = watchdogInterval(link);
      if (path === undefined || interval === undefined) return () => {};
      return watch(interval, isAlive, (well) => well ? void tell("WATCHDOG=1") : onSilent());
    },
  };
}

/** What a number holds exactly, in microseconds. */
const LONGEST_MS = Number.MAX_SAFE_INTEGER / 1_000_000;

/** Systemd's socket, undefined when there is none, or one of a kind that this runtime cannot send to. */
function notifyPath({ NOTIFY_SOCKET: name = "" }: Readonly<Record<string, string>>) {
  if (name.startsWith("@")) return `\0${name.slice(1)}`;
  return name.startsWith("/") ? name : undefined;
}

/** Milliseconds between two messages: half of what systemd waits for, as sd_watchdog_enabled(3) advises. */
function watchdogInterval({ environment, pid }: ManagerLink): number | undefined {
  const { WATCHDOG_USEC = "", WATCHDOG_PID } = environment;
  if (WATCHDOG_PID !== undefined && WATCHDOG_PID !== "" && WATCHDOG_PID !== String(pid)) return;
  if (!/^[1-9]\d*$/.test(WATCHDOG_USEC)) return undefined;
  return Math.min(Number(WATCHDOG_USEC) / 2000, LONGEST_TIMER_MS);
}

/** A longer wait would end at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

function watch(
  interval: number,
  isAlive: (limitMs: number) => Promise<boolean>,
  tell: (well: boolean) => void,
): () => void {
  let isAsking = false;
  let isOver = false;
  const ask = async () => {
    if (isAsking) return;
    isAsking = true;
    const well = await isAlive(interval / 2).catch(() => false);
    isAsking = false;
    if (!isOver) tell(well);
  };
  const timer = setInterval(ask, interval);
  return () => {
    isOver = true;
    clearInterval(timer);
  };
}

/** The first descriptor that is handed over. */
const FIRST_FD = 3;

/**
 * The socket that systemd has opened for this process, undefined without one.
 * @param pathOf tells the path of a unix socket @throws Error with a sentence when there are several
 */
export function inheritedSocket(
  { LISTEN_PID, LISTEN_FDS = "" }: Readonly<Record<string, string>>,
  pid: number,
  pathOf: (fd: number) => string | undefined,
): InheritedSocket | undefined {
  if (LISTEN_PID !== String(pid) || !/^[1-9]\d*$/.test(LISTEN_FDS)) return undefined;
  if (LISTEN_FDS !== "1") {
    throw new Error(
      `Cannot use the ${LISTEN_FDS} sockets that systemd has handed over: expected one. Leave one ListenStream= in the socket unit`,
    );
  }
  const path = pathOf(FIRST_FD);
  return { fd: FIRST_FD, ...(path !== undefined && { path }) };
}
