import type { Config } from "../config/config.ts";

/** Why a server could not start, as one sentence that tells what to do. */
export function describeStartError(error: unknown, config: Config): string {
  const { addr, net } = config.http;
  const code = codeOf(error);
  if (code === "EADDRINUSE") {
    return `Cannot listen on ${addr}: something else does already. Stop it, or set http.addr to another ` +
      `${net === "unix" ? "path" : "port"}`;
  }
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return `Cannot listen on ${addr}: this machine has no such address. Set http.addr to :PORT for all of them`;
  }
  const { driver } = config.storage;
  const isAboutStorage = driver.name === "filesystem" &&
    messageOf(error).includes(driver.rootdirectory);
  if ((code === "EACCES" || code === "EPERM") && !isAboutStorage && isListening(error)) {
    return `Cannot listen on ${addr}: that is not permitted. Ports below 1024 need CAP_NET_BIND_SERVICE`;
  }
  if (driver.name === "filesystem" && code !== undefined && STORAGE_ADVICE[code] !== undefined) {
    return `Cannot use the folder ${driver.rootdirectory}: ${STORAGE_ADVICE[code]}`;
  }
  return `Cannot start: ${messageOf(error).split("\n")[0]}`;
}

const STORAGE_ADVICE: Readonly<Record<string, string>> = {
  EACCES: "no permission. Give the folder to the user that berth runs as",
  EPERM: "no permission. Give the folder to the user that berth runs as",
  EROFS: "it lies on a read-only file system",
  ENOSPC: "the disk is full",
  ENOTDIR: "a part of its path is a file. Set storage.filesystem.rootdirectory to a folder",
  EEXIST: "it is a file. Set storage.filesystem.rootdirectory to a folder",
  ENOENT: "it does not exist and cannot be made",
};

/** Deno's error classes of which node's code is missing. */
const CODES: Readonly<Record<string, string>> = {
  AddrInUse: "EADDRINUSE",
  AddrNotAvailable: "EADDRNOTAVAIL",
  PermissionDenied: "EACCES",
  NotFound: "ENOENT",
  AlreadyExists: "EEXIST",
  NotADirectory: "ENOTDIR",
};

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ("code" in error && typeof error.code === "string") return error.code;
  return CODES[error.name] ?? (error.cause === undefined ? undefined : codeOf(error.cause));
}

function isListening(error: unknown): boolean {
  const call = error instanceof Error && "syscall" in error ? error.syscall : undefined;
  return call === "listen" || call === "bind" || /\b(?:listen|bind)\b/.test(messageOf(error));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
