import { assertEquals } from "@std/assert";
import { describeStartError } from "../../src/cli/start_error.ts";
import { configOf } from "../config/load.ts";

const TCP = configOf(
  "version: 0.1\nstorage: {filesystem: {rootdirectory: /d}}\nhttp: {addr: ':80'}\n",
);
const UNIX = configOf(
  "version: 0.1\nstorage: {filesystem: {rootdirectory: /d}}\nhttp: {net: unix, addr: /run/s}\n",
);
const DEBUG = configOf(
  "version: 0.1\nstorage: inmemory\nhttp: {addr: ':80', debug: {addr: ':81'}}\n",
);
const MEMORY = configOf("version: 0.1\nstorage: inmemory\n");

function failure(code: string, syscall?: string): Error {
  return Object.assign(new Error(`${syscall ?? "open"} ${code}: it failed\nand more`), {
    code,
    ...(syscall !== undefined && { syscall }),
  });
}

function named(name: string, message: string, cause: Error): Error {
  return Object.assign(new Error(message, { cause }), { name });
}

const CASES: readonly (readonly [unknown, typeof TCP, string])[] = [
  [
    failure("EADDRINUSE", "listen"),
    TCP,
    "Cannot listen on :80: something else does already. Stop it, or set http.addr to another port",
  ],
  [
    new Deno.errors.AddrInUse("x"),
    TCP,
    "Cannot listen on :80: something else does already. Stop it, or set http.addr to another port",
  ],
  [
    failure("EACCES", "listen"),
    TCP,
    "Cannot listen on :80: that is not permitted. Ports below 1024 need CAP_NET_BIND_SERVICE",
  ],
  [
    failure("ENOTFOUND", "getaddrinfo"),
    TCP,
    "Cannot listen on :80: this machine has no such address. Set http.addr to :PORT for all of them",
  ],
  [failure("EBADF", "listen"), TCP, "Cannot listen on :80: listen EBADF: it failed"],
  [
    failure("ENOENT", "listen"),
    UNIX,
    "Cannot listen on /run/s: its folder does not exist. Make it, or set http.addr to another path",
  ],
  [
    failure("EADDRINUSE", "listen"),
    UNIX,
    "Cannot listen on /run/s: there is such a file, or something listens on it. Remove it, or set http.addr to another path",
  ],
  [
    failure("EACCES", "access"),
    TCP,
    "Cannot use the folder /d: no permission. Give it to the user that berth runs as",
  ],
  [
    failure("ENOTDIR", "mkdir"),
    TCP,
    "Cannot use the folder /d: a part of its path is a file. Set storage.filesystem.rootdirectory to a folder",
  ],
  [failure("ENOSPC", "mkdir"), TCP, "Cannot use the folder /d: the disk is full"],
  [
    new Deno.errors.NotFound("x"),
    TCP,
    "Cannot use the folder /d: it does not exist and cannot be made",
  ],
  [failure("EACCES", "open"), MEMORY, "Cannot start: open EACCES: it failed"],
  [new Error("worker lost\n  at x"), TCP, "Cannot start: worker lost"],
  ["text", TCP, "Cannot start: text"],
  [
    named(
      "DebugListenError",
      "error listening on debug interface: x",
      failure("EADDRINUSE", "listen"),
    ),
    DEBUG,
    "error listening on debug interface: cannot listen on :81: something else does already. Stop it, or set http.debug.addr to another port",
  ],
  [
    named("DebugListenError", "error listening on debug interface: x", failure("EWHAT", "listen")),
    DEBUG,
    "error listening on debug interface: cannot listen on :81: listen EWHAT: it failed",
  ],
  [
    named(
      "InheritedSocketError",
      "Cannot listen on file descriptor 3: x",
      failure("EINVAL", "listen"),
    ),
    TCP,
    "Cannot listen on file descriptor 3: x",
  ],
];

for (const [error, config, expected] of CASES) {
  Deno.test(`describeStartError() says: ${expected}`, () => {
    assertEquals(describeStartError(error, config), expected);
  });
}
