/** One line of an access log in Apache's combined format. */
export interface AccessLine {
  readonly method: string;
  readonly target: string;
  readonly status: number;
}

/** The requests of an access log, in its order; other lines are left out. */
export function readAccessLog(log: string): AccessLine[] {
  return [...log.matchAll(/"([A-Z]+) (\S+) HTTP\/\d\.\d" (\d{3}) /g)].map((match) => ({
    method: match[1] ?? "",
    target: match[2] ?? "",
    status: Number(match[3]),
  }));
}

/** Requests that carry or begin an upload of a blob, mounts that worked not counted. */
export function uploadsIn(log: string): AccessLine[] {
  return readAccessLog(log).filter(({ method, target, status }) =>
    method !== "GET" && target.includes("/blobs/uploads/") &&
    !(status === 201 && target.includes("mount="))
  );
}
