import type { FromWorker, OpenRequest, ToWorker } from "./store_worker_protocol.ts";
import { StoreWorkerError, WorkerUpload } from "./worker_upload.ts";

/** More would only take turns on the cores and the disk. */
const MOST_WORKERS = 3;

interface StoreWorker {
  readonly worker: Worker;
  readonly uploads: Map<number, WorkerUpload>;
}

export interface StoreWorkerPoolOptions {
  /** Workers at most, 1 to 3. */
  readonly size: number;
  /** Another entry point, for tests. */
  readonly url?: URL;
}

/**
 * Isolates that hash and write uploads. They are started when they are needed; an upload belongs to the least busy one to
 * its end. One that dies fails its uploads and is replaced by the next upload.
 */
export class StoreWorkerPool {
  readonly #size: number;
  readonly #url: URL;
  readonly #workers: StoreWorker[] = [];
  #lastUpload = 0;
  #closed = false;

  constructor(options: StoreWorkerPoolOptions) {
    this.#size = Math.min(Math.max(Math.trunc(options.size), 1), MOST_WORKERS);
    // Spelled out here, so that `deno compile` and bundlers can see it.
    this.#url = options.url ?? new URL("./store_worker.ts", import.meta.url);
  }

  /** @throws StoreWorkerError when the pool is closed */
  open(request: OpenRequest): WorkerUpload {
    if (this.#closed) throw new StoreWorkerError("open", undefined, "the storage is closed");
    const owner = this.#choose();
    const id = ++this.#lastUpload;
    const upload = new WorkerUpload(id, request, (message, transfer) => {
      owner.worker.postMessage(message satisfies ToWorker, transfer);
    });
    owner.uploads.set(id, upload);
    return upload;
  }

  /** Ends the workers at once; what is still open fails. */
  close(): void {
    this.#closed = true;
    for (const worker of [...this.#workers]) this.#end(worker, "the storage was closed");
  }

  #choose(): StoreWorker {
    let best: StoreWorker | undefined;
    for (const worker of this.#workers) {
      if (best === undefined || load(worker) < load(best)) best = worker;
    }
    const mayStart = this.#workers.length < this.#size;
    return best === undefined || (mayStart && best.uploads.size > 0) ? this.#start() : best;
  }

  #start(): StoreWorker {
    const worker = new Worker(this.#url, { type: "module", name: "store" });
    const started: StoreWorker = { worker, uploads: new Map() };
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => receive(started, data);
    worker.onerror = (event) => {
      event.preventDefault(); // else the error would end this process as well
      this.#end(started, `the store worker died: ${event.message}`);
    };
    worker.onmessageerror = () => this.#end(started, "the store worker sent what can't be read");
    this.#workers.push(started);
    return started;
  }

  #end(ended: StoreWorker, reason: string): void {
    const index = this.#workers.indexOf(ended);
    if (index < 0) return;
    this.#workers.splice(index, 1);
    ended.worker.terminate();
    for (const upload of ended.uploads.values()) {
      upload.fail(new StoreWorkerError("write", undefined, reason));
    }
    ended.uploads.clear();
  }
}

function receive(from: StoreWorker, message: FromWorker): void {
  const upload = from.uploads.get(message.upload);
  if (message.ended !== undefined || message.failed !== undefined) {
    from.uploads.delete(message.upload);
  }
  upload?.receive(message);
}

/** What waits in it, in bytes; an open upload counts a little, since it may send more at any time. */
function load(worker: StoreWorker): number {
  let bytes = 0;
  for (const upload of worker.uploads.values()) bytes += upload.inFlight + 64 * 1024;
  return bytes;
}
