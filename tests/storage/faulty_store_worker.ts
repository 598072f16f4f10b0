/// <reference lib="deno.worker" />
// A store worker whose disk fails as a folder's name in the path says: `/fail.write.2.ENOSPC/data` fails the second write to the
// file, `/fail.write.2.CRASH/data` ends the worker there, `/fail.write.1.SHORT/data` takes half of what is written.
import {
  NativeStoreFiles,
  type StoreFile,
  type StoreFiles,
} from "../../src/storage/store_files.ts";
import { StoreUploads } from "../../src/storage/store_uploads.ts";

class FaultyStoreFiles implements StoreFiles {
  readonly #native = new NativeStoreFiles();
  readonly #opens = new Map<string, number>();

  open(path: string): StoreFile {
    const [, call, nth, named] = /\/fail\.(\w+)\.(\d+)\.(\w+)\//.exec(path) ?? [];
    const code = named?.toUpperCase(); // names of repositories are in lower case
    const counts = new Map<string, number>();
    const isDue = (name: string): boolean => {
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      return call === name && Number(nth) === count;
    };
    const opens = (this.#opens.get(path) ?? 0) + 1;
    this.#opens.set(path, opens);
    if (call === "open" && Number(nth) === opens) fail(code ?? "");
    const file = this.#native.open(path);
    const step = <T>(name: string, run: () => T): T => {
      if (isDue(name)) fail(code ?? "");
      return run();
    };
    return {
      stat: () => file.stat(),
      tryLock: () => file.tryLock(),
      unlock: () => file.unlock(),
      isAt: (at) => file.isAt(at),
      seek: (position) => file.seek(position),
      truncate: (size) => step("truncate", () => file.truncate(size)),
      write: (bytes) => {
        const due = isDue("write");
        if (due && code === "SHORT") return file.write(bytes.subarray(0, bytes.length >> 1));
        if (due) fail(code ?? "");
        return file.write(bytes);
      },
      read: (into) => file.read(into),
      syncData: async () => await step("syncData", () => file.syncData()),
      sync: async () => await step("sync", () => file.sync()),
      syncNow: () => step("sync", () => file.syncNow()),
      close: () => file.close(),
    };
  }
}

function fail(code: string): void {
  if (code === "CRASH") {
    queueMicrotask(() => {
      throw new Error("the test ends this worker");
    });
  }
  throw Object.assign(new Error(`${code} by the test`), { code });
}

const uploads = new StoreUploads(new FaultyStoreFiles(), (message) => self.postMessage(message));
self.onmessage = ({ data }: MessageEvent) => uploads.receive(data);
