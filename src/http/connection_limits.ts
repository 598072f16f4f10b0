/** How many connections the limit of open files allows. */
export interface ConnectionLimits {
  /** At a time. */
  readonly connections: number;
  /** That may wait to be accepted. */
  readonly backlog: number;
}

/** Files that are not connections' own: the runtime's, the logs, what the store has open for itself. */
const RESERVE = 64;
const LEAST = 8;
/** As node has it. */
const MOST_WAITING = 511;

/**
 * Limits that leave a file to be opened for each connection. They matter more than a refused open would: when Deno 2.9.6 has no file
 * left for a connection, it accepts none ever again; and when it has to load a part of itself then, it panics.
 */
export async function connectionLimits(): Promise<ConnectionLimits> {
  return limitsFor(await Deno.readTextFile("/proc/self/limits").catch(() => ""));
}

/** @param text /proc/self/limits (proc(5)), empty where there is none; Deno raises the soft limit to the hard one at its start */
export function limitsFor(text: string): ConnectionLimits {
  const soft = /^Max open files\s+(\d+)/m.exec(text)?.[1];
  if (soft === undefined) return { connections: Infinity, backlog: MOST_WAITING };
  const files = Number(soft);
  // All that wait are accepted in one go, before any can be turned away.
  const backlog = Math.min(MOST_WAITING, Math.max(LEAST, Math.floor(files / 8)));
  return { connections: Math.max(LEAST, Math.floor((files - RESERVE - backlog) / 2)), backlog };
}
