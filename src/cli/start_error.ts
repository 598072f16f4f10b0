import type { Config } from "../config/config.ts";

/** Why the server could not start, as one sentence that tells what to do. */
export function describeStartError(error: unknown, { http, storage }: Config): string {
  const code = codeOf(error);
  if (error instanceof Error && error.name === "InheritedSocketError") return error.message;
  if (error instanceof Error && error.name === "DebugListenError") {
    const why = PORT_ADVICE[codeOf(error.cause) ?? ""]?.replaceAll("http.addr", "http.debug.addr");
    return `${error.message.split(": ", 1)[0]}: cannot listen on ${http.debug?.addr}: ${
      why ?? firstLine(error.cause)
    }`;
  }
  if (isListening(error)) {
    const why = (http.net === "unix" ? SOCKET_ADVICE : PORT_ADVICE)[code ?? ""];
    return `Cannot listen on ${http.addr}: ${why ?? firstLine(error)}`;
  }
  if (storage.driver.name === "filesystem" && code !== undefined && code in FOLDER_ADVICE) {
    return `Cannot use the folder ${storage.driver.rootdirectory}: ${FOLDER_ADVICE[code]}`;
  }
  return `Cannot start: ${firstLine(error)}`;
}

const NO_SUCH_ADDRESS = "this machine has no such address. Set http.addr to :PORT for all of them";

type Advice = Readonly<Record<string, string>>;

const PORT_ADVICE: Advice = {
  EADDRINUSE: "something else does already. Stop it, or set http.addr to another port",
  EADDRNOTAVAIL: NO_SUCH_ADDRESS,
  ENOTFOUND: NO_SUCH_ADDRESS,
  EAI_AGAIN: "the host name cannot be resolved now. Set http.addr to an address",
  EINVAL: NO_SUCH_ADDRESS, // what Deno gives for the address of another machine
  EACCES: "that is not permitted. Ports below 1024 need CAP_NET_BIND_SERVICE",
};

const SOCKET_ADVICE: Advice = {
  EADDRINUSE:
    "there is such a file, or something listens on it. Remove it, or set http.addr to another path",
  ENOENT: "its folder does not exist. Make it, or set http.addr to another path",
  EACCES: "no permission. Let the user that berth runs as write to its folder",
  EINVAL: "the path is too long for a socket. Set http.addr to a shorter one",
};

const NO_PERMISSION = "no permission. Give it to the user that berth runs as";

const FOLDER_ADVICE: Advice = {
  EACCES: NO_PERMISSION,
  EPERM: NO_PERMISSION,
  EROFS:
    "it lies on a read-only file system. Set storage.maintenance.readonly to serve it as it is",
  ENOSPC: "the disk is full",
  ENOTDIR: "a part of its path is a file. Set storage.filesystem.rootdirectory to a folder",
  EEXIST: "it is a file. Set storage.filesystem.rootdirectory to a folder",
  ENOENT: "it does not exist and cannot be made",
};

/** Deno's own error classes, which have no code when Deno's API threw them. */
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
  return "code" in error && typeof error.code === "string" ? error.code : CODES[error.name];
}

/** Whether it is about the port or socket: node names the call, and a host name is looked up for nothing else. */
function isListening(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const call = "syscall" in error ? String(error.syscall) : "";
  return ["listen", "bind", "getaddrinfo"].includes(call) ||
    /\b(?:listen|bind)\b/.test(error.message) ||
    (codeOf(error) ?? "").startsWith("EADDR");
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split("\n")[0] ?? message;
}
