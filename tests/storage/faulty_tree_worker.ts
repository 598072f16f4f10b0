/// <reference lib="deno.worker" />
// A tree worker whose disk fails as a folder's name in the path says: `/fail.rename.1.ENOSPC/x` fails the first rename of what is in
// there, `/fail.rename.1.CRASH/x` ends the worker at it, and with HANG it never ends.
import { TreeCalls } from "../../src/storage/tree_calls.ts";
import { RecordingFileSystem } from "./recording_file_system.ts";

const files = new RecordingFileSystem("");
const counts = new Map<string, number>();

files.interfere = ({ name, path }) => {
  const [, call, nth, code] = /\/fail\.([\w.]+)\.(\d+)\.(\w+)\//.exec(path) ?? [];
  if (call !== name) return undefined;
  const count = (counts.get(`${call}.${code}`) ?? 0) + 1;
  counts.set(`${call}.${code}`, count);
  if (count !== Number(nth)) return undefined;
  if (code === "CRASH") {
    queueMicrotask(() => {
      throw new Error("the test ends this worker");
    });
  }
  return code === "CRASH" || code === "HANG" ? new Promise(() => {}) : code;
};

const calls = new TreeCalls(files, (answer) => self.postMessage(answer));
self.onmessage = ({ data }: MessageEvent) => calls.receive(data);
