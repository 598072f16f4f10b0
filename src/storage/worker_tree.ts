import type { SystemStat } from "./file_system.ts";
import type { Ended } from "./store_worker_protocol.ts";
import type { SmallAppend, Tree } from "./tree.ts";
import type { TreeAnswer, TreeCall, TreeStart } from "./tree_worker_protocol.ts";

/** A worker with calls under way that answers none for so long is given up: its disk hangs. In milliseconds. */
const STALL_LIMIT = 120_000;

/** The error of a tree worker, with the system's code if there is one. */
export class TreeWorkerError extends Error {
  override readonly name = "TreeWorkerError";
  constructor(readonly code: string | undefined, message: string) {
    super(message);
  }
}

export interface WorkerTreeOptions {
  /** Path of the system, "" for its root. */
  readonly root: string;
  /** Another entry point, for tests. */
  readonly url?: URL | undefined;
  /** In milliseconds. */
  readonly stallLimit?: number;
}

/**
 * The near end of a tree in a worker of its own, which is started by the first call. There, a change of the tree is a few quick system
 * calls in a row; from here, each of them would be a trip to another thread and back. Looks go there too: a trip into the pool for
 * one stat costs more when the cores are busy. One worker, since what it knows of the folders spares most of their syncs. If it dies, its calls fail and the next call starts another.
 */
export class WorkerTree implements Tree {
  readonly #root: string;
  readonly #url: URL;
  readonly #limit: number;
  readonly #calls = new Map<number, PromiseWithResolvers<unknown>>();
  #worker: Worker | undefined;
  #lastCall = 0;
  #answers = 0;
  #watch: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(options: WorkerTreeOptions) {
    this.#root = options.root;
    // Spelled out here, so that `deno compile` and bundlers can see it.
    this.#url = options.url ?? new URL("./tree_worker.ts", import.meta.url);
    this.#limit = options.stallLimit ?? STALL_LIMIT;
  }

  async replace(path: string, content: Uint8Array<ArrayBuffer>, lazy: boolean): Promise<void> {
    await this.#call({ method: "replace", args: [path, alone(content), lazy] });
  }

  async move(from: string, to: string, size?: number): Promise<void> {
    await this.#call({ method: "move", args: [from, to, size] });
  }

  async remove(path: string, lazy: boolean): Promise<void> {
    await this.#call({ method: "remove", args: [path, lazy] });
  }

  async discard(path: string): Promise<void> {
    await this.#call({ method: "discard", args: [path] });
  }

  async touch(path: string, time: number): Promise<void> {
    await this.#call({ method: "touch", args: [path, time] });
  }

  async stat(path: string): Promise<SystemStat> {
    return await this.#call({ method: "stat", args: [path] }) as SystemStat;
  }

  async sizes(paths: readonly string[]): Promise<(number | undefined)[]> {
    return await this.#call({ method: "sizes", args: [paths] }) as (number | undefined)[];
  }

  async makeFile(path: string): Promise<void> {
    await this.#call({ method: "makeFile", args: [path] });
  }

  async append(path: string, append: SmallAppend): Promise<Ended> {
    const sent = { ...append, bytes: alone(append.bytes) };
    return await this.#call({ method: "append", args: [path, sent] }) as Ended;
  }

  /** Ends the worker at once; calls under way fail. */
  close(): void {
    this.#closed = true;
    this.#end(undefined, "the storage was closed");
  }

  #call(call: WithoutId<TreeCall>): Promise<unknown> {
    if (this.#closed) throw new TreeWorkerError(undefined, "the storage is closed");
    const worker = this.#worker ??= this.#start();
    const id = ++this.#lastCall;
    const pending = Promise.withResolvers<unknown>();
    this.#calls.set(id, pending);
    this.#watch ??= this.#startWatch();
    worker.postMessage({ id, ...call } as TreeCall);
    return pending.promise;
  }

  #start(): Worker {
    const worker = new Worker(this.#url, { type: "module", name: "tree" });
    const end = (reason: string) => {
      if (worker === this.#worker) this.#end(undefined, reason);
    };
    worker.onmessage = ({ data }: MessageEvent<TreeAnswer>) => {
      if (worker === this.#worker) this.#receive(data);
    };
    worker.onerror = (event) => {
      event.preventDefault(); // else the error would end this process as well
      end(`the tree worker died: ${event.message}`);
    };
    worker.onmessageerror = () => end("the tree worker sent what can't be read");
    worker.postMessage({ root: this.#root } satisfies TreeStart);
    return worker;
  }

  #receive({ id, result, failed }: TreeAnswer): void {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    this.#answers++;
    if (failed === undefined) call?.resolve(result);
    else call?.reject(new TreeWorkerError(failed.code, failed.message));
  }

  #end(code: string | undefined, reason: string): void {
    clearTimeout(this.#watch);
    this.#watch = undefined;
    this.#worker?.terminate();
    this.#worker = undefined;
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const call of calls) call.reject(new TreeWorkerError(code, reason));
  }

  /** One timer for all calls, which looks after them only now and then. */
  #startWatch(): ReturnType<typeof setTimeout> {
    const answers = this.#answers;
    return setTimeout(() => {
      this.#watch = undefined;
      if (this.#calls.size === 0) return;
      if (answers === this.#answers) {
        this.#end("ETIMEDOUT", `the disk did nothing for ${this.#limit / 1000} s`);
      } else this.#watch = this.#startWatch();
    }, this.#limit);
  }
}

type WithoutId<Call> = Call extends { id: number } ? Omit<Call, "id"> : never;

/** Bytes that fill their buffer: with a part of it, all of it would be copied to the worker. */
function alone(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return bytes.length === bytes.buffer.byteLength ? bytes : bytes.slice();
}
