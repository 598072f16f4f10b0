/** Bytes that a process and its descendants have in memory now. */
export function currentMemory(pid: number): number {
  return withChildren(pid).reduce((sum, pid) => sum + field(pid, "VmRSS"), 0);
}

/** The highest that each of them had, added up. */
export function peakMemory(pid: number): number {
  return withChildren(pid).reduce((sum, pid) => sum + field(pid, "VmHWM"), 0);
}

/** How many sockets a process and its descendants have open. */
export function openSockets(pid: number): number {
  return withChildren(pid).reduce((sum, pid) => sum + socketsOf(pid), 0);
}

function socketsOf(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  return [...Deno.readDirSync(folder)].filter(({ name }) => isSocket(`${folder}/${name}`)).length;
}

/** False when it was closed meanwhile. */
function isSocket(path: string): boolean {
  try {
    return Deno.readLinkSync(path).startsWith("socket:");
  } catch {
    return false;
  }
}

function withChildren(pid: number): number[] {
  const children = readText(`/proc/${pid}/task/${pid}/children`).trim().split(" ").filter(Boolean);
  return [pid, ...children.flatMap((child) => withChildren(Number(child)))];
}

function field(pid: number, name: string): number {
  const kibibytes = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(
    readText(`/proc/${pid}/status`),
  )?.[1];
  return Number(kibibytes ?? 0) * 1_024;
}

/** Empty when the process has ended meanwhile. */
function readText(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}
