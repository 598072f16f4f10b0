import denoJson from "../../deno.json" with { type: "json" };
import { access, chmod, constants, mkdir, stat } from "node:fs/promises";
import { basename } from "@std/path";
import { editFile } from "./edit_file.ts";
import { askSecret } from "./secret_prompt.ts";
import { probe } from "./probe.ts";
import type { System } from "./system.ts";
import { datagramSender, monotonicUs, socketPath } from "./systemd_link.ts";

/** The world as Deno has it. */
export function denoSystem(): System {
  return {
    program: programName(),
    version: denoJson.version,
    denoVersion: Deno.version.deno,
    environment: Deno.env.toObject(),
    out: (text) => writeAll(Deno.stdout, text),
    err: (text) => writeAll(Deno.stderr, text),
    terminalWidth,
    readTextFile,
    isFile: (path) => Deno.stat(path).then(({ isFile }) => isFile, () => false),
    editFile,
    readStdin,
    askSecret: (prompt) => askSecret(prompt, Deno.stdin, (text) => writeAll(Deno.stderr, text)),
    prepareFolder,
    onStopSignal: (callback) => onSignals(["SIGTERM", "SIGINT"], callback),
    onControlSignal: (callback) => onSignals(["SIGHUP", "SIGUSR1"], callback),
    onUncaught,
    startApp: async (config, deps) => {
      // only `serve` needs it: the other commands start without it
      const { startApp } = await import("../app.ts");
      return await startApp(config, deps);
    },
    checkFiles: async (config) => {
      const { checkDoors } = await import("../app_doors.ts");
      return await checkDoors(config);
    },
    probe,
    pid: Deno.pid,
    send: datagramSender(),
    monotonicUs,
    socketPath,
    now: () => new Date(),
  };
}

/** Compiled, it may be installed as `registry`, in place of distribution's. */
function programName(): string {
  return basename(Deno.execPath()) === "registry" ? "registry" : "berth";
}

function terminalWidth(): number | undefined {
  if (!Deno.stderr.isTerminal()) return undefined;
  try {
    return Deno.consoleSize().columns;
  } catch {
    return 80; // stdin and stdout are none
  }
}

function writeAll(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let written = 0; written < bytes.length;) {
    written += stream.writeSync(bytes.subarray(written));
  }
}

async function readTextFile(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function readStdin(most: number): Promise<string | undefined> {
  const buffer = new Uint8Array(most + 1);
  let length = 0;
  while (length < buffer.length) {
    const count = await Deno.stdin.read(buffer.subarray(length));
    if (count === null) break;
    length += count;
  }
  if (length > most) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(buffer.subarray(0, length));
  } catch {
    return undefined;
  }
}

async function prepareFolder(path: string): Promise<boolean> {
  await mkdir(path, { recursive: true });
  await access(path, constants.R_OK | constants.X_OK);
  const canWrite = await access(path, constants.W_OK).then(() => true, () => false);
  return canWrite && !await isOnReadOnlyFileSystem(path);
}

/** Deno's `access` looks at modes only. The mode is set to what it is, which others than the owner may not, but they get EPERM. */
async function isOnReadOnlyFileSystem(path: string): Promise<boolean> {
  const { mode } = await stat(path);
  try {
    await chmod(path, mode & 0o7777);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EROFS";
  }
}

function onSignals<S extends Deno.Signal>(
  signals: readonly S[],
  callback: (signal: S) => void,
): () => void {
  const listeners = signals.map((signal) => {
    const listener = () => callback(signal);
    Deno.addSignalListener(signal, listener);
    return () => Deno.removeSignalListener(signal, listener);
  });
  return () => listeners.forEach((remove) => remove());
}

function onUncaught(callback: (error: unknown) => void): () => void {
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    callback(event.error ?? event.message);
  };
  const onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    callback(event.reason);
  };
  addEventListener("error", onError);
  addEventListener("unhandledrejection", onRejection);
  return () => {
    removeEventListener("error", onError);
    removeEventListener("unhandledrejection", onRejection);
  };
}
