import { dirname } from "@std/path";
import { descriptorPath, quotedPaths, succeeded, type SystemCall } from "./strace.ts";

/** System calls that the check needs to see, for `strace -e trace=`. */
export const TRACED_CALLS =
  "open,openat,creat,write,writev,pwrite64,pwritev,fsync,fdatasync,rename,renameat,renameat2," +
  "link,linkat,symlink,symlinkat,mkdir,mkdirat,sendto,sendmsg";

/** A file that got its final name, by rename or link. */
interface Publication {
  readonly from: string;
  readonly to: string;
  readonly call: SystemCall;
}

/** What happened between two answers, with the answer that ended it. */
export interface Step {
  readonly status: number;
  /** Final names below the root, in the order in which they appeared. */
  readonly published: readonly string[];
  /** What was not durable, or in the wrong order, when the answer went out. Empty: all well. */
  readonly violations: readonly string[];
}

/**
 * Checks the calls of a server that was sent one request after the other: each 2xx is preceded by data fsync < rename < fsync of the
 * folder and of the folder above each new one, and links appear only after the blobs before them are durable.
 */
export function checkWriteOrder(calls: readonly SystemCall[], root: string): Step[] {
  const steps: Step[] = [];
  let from = 0;
  for (const answer of calls.filter((call) => statusOf(call) !== undefined)) {
    const before = calls.filter(({ start }) => start >= from && start < answer.start);
    const publications = before.filter(succeeded).flatMap(asPublication)
      // what belongs to an upload is not promised to last
      .filter(({ to }) => to.startsWith(root) && !to.includes("/_uploads/"));
    steps.push({
      status: statusOf(answer) ?? 0,
      published: publications.map(({ to }) => to.slice(root.length)),
      violations: [
        ...publications.flatMap((published) => fileViolations(published, calls, answer)),
        ...folderViolations(publications, calls, answer),
        ...linkViolations(publications, calls),
        ...inPlaceViolations(before, root),
      ].map((violation) => violation.replaceAll(root, "")),
    });
    from = answer.end;
  }
  return steps;
}

/** The status of an answer that a call writes. */
function statusOf({ name, args }: SystemCall): number | undefined {
  if (!/^(write|writev|sendto|sendmsg)$/.test(name)) return undefined;
  const status = /^\d+<[^>]*>.*?"HTTP\/1\.1 (\d{3})/.exec(args)?.[1];
  return status === undefined ? undefined : Number(status);
}

function asPublication(call: SystemCall): Publication[] {
  if (!/^(rename|link)/.test(call.name)) return [];
  const [from, to] = quotedPaths(call);
  return from === undefined || to === undefined ? [] : [{ from, to, call }];
}

function syncsOf(calls: readonly SystemCall[], path: string): SystemCall[] {
  return calls.filter((call) =>
    /^f(data)?sync$/.test(call.name) && succeeded(call) && descriptorPath(call) === path
  );
}

function fileViolations(
  { from, to, call }: Publication,
  calls: readonly SystemCall[],
  answer: SystemCall,
): string[] {
  const found: string[] = [];
  const written = calls.filter((other) =>
    /^p?writev?(64)?$/.test(other.name) && descriptorPath(other) === from &&
    other.start < call.start
  ).reduce((last, { end }) => Math.max(last, end), -1);
  const synced = syncsOf(calls, from).some(({ start, end }) => start > written && end < call.start);
  if (!synced) found.push(`${to}: its data was not synced before it got its name`);
  if (!syncedBetween(calls, dirname(to), call, answer)) {
    found.push(`${to}: its folder was not synced before the answer`);
  }
  return found;
}

/** Whether a folder was synced after one call and before another. */
function syncedBetween(
  calls: readonly SystemCall[],
  folder: string,
  after: SystemCall,
  before: SystemCall,
): boolean {
  return syncsOf(calls, folder).some(({ start, end }) => start > after.end && end < before.start);
}

/** Folders above published names that were made in this trace: each must be durable in the folder above it. */
function folderViolations(
  publications: readonly Publication[],
  calls: readonly SystemCall[],
  answer: SystemCall,
): string[] {
  const needed = new Set(publications.flatMap(({ to }) => foldersAbove(to)));
  return calls.filter((call) =>
    call.name.startsWith("mkdir") && succeeded(call) && call.start < answer.start
  ).flatMap((call) => {
    const [path = ""] = quotedPaths(call);
    return !needed.has(path) || syncedBetween(calls, dirname(path), call, answer)
      ? []
      : [`${path}: the folder above it was not synced before the answer`];
  });
}

function foldersAbove(path: string): string[] {
  const above = dirname(path);
  return above === path ? [] : [above, ...foldersAbove(above)];
}

/** A link may only appear when the blobs that appeared before it in this step are durable; and it comes after them. */
function linkViolations(
  publications: readonly Publication[],
  calls: readonly SystemCall[],
): string[] {
  const links = publications.filter(({ to }) => to.endsWith("/link"));
  const blobs = publications.filter(({ to }) => to.endsWith("/data"));
  return links.flatMap((link) =>
    blobs.filter((blob) => !syncedBetween(calls, dirname(blob.to), blob.call, link.call))
      .map((blob) => `${link.to}: it appeared before ${blob.to} was durable`)
  );
}

/** Files that were made under their final name, so that half of one can be seen. */
function inPlaceViolations(calls: readonly SystemCall[], root: string): string[] {
  return calls.filter((call) => call.name.startsWith("open") && succeeded(call)).flatMap((call) => {
    const [path = ""] = quotedPaths(call);
    if (!path.startsWith(root) || !/O_CREAT|O_TRUNC/.test(call.args)) return [];
    return path.endsWith(".tmp") || path.includes("/_uploads/")
      ? []
      : [`${path}: it was written in place`];
  });
}
