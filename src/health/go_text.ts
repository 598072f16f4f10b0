/** What Go calls an error number: operators and their scripts know these words. */
const TEXTS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset by peer",
  EHOSTUNREACH: "no route to host",
  EIO: "input/output error",
  ELOOP: "too many levels of symbolic links",
  EMFILE: "too many open files",
  ENETUNREACH: "network is unreachable",
  ENOTDIR: "not a directory",
  ESTALE: "stale NFS file handle",
  ETIMEDOUT: "connection timed out",
};

/** @returns undefined for an error without a number that is known here */
export function goText(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return TEXTS[String(error.code)];
}
