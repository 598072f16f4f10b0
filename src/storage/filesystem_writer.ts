import { ChunkBatch } from "./chunk_batch.ts";
import type { FileWriter, HashName, OnHashed } from "./driver.ts";
import { StorageError } from "./driver.ts";
import type { Ended } from "./store_worker_protocol.ts";
import type { StoreWorkerPool } from "./store_worker_pool.ts";
import { isAbsent, storageError } from "./system_error.ts";
import type { Tree } from "./tree.ts";
import type { WarmFiles } from "./warm_files.ts";
import { StoreWorkerError, type WorkerUpload } from "./worker_upload.ts";

/** A file up to this size (the typical config blob) is a single message to the tree. Beyond it, this much goes with each message. */
const BATCH = 256 * 1024;
const IN_FLIGHT_LIMIT = 4 * 1024 * 1024;

export interface WriterContext {
  readonly driver: string;
  readonly path: string;
  /** Path of the system. */
  readonly systemPath: string;
  readonly tree: Tree;
  readonly pool: StoreWorkerPool;
  readonly warm: WarmFiles;
  /** Called once, when the file was given back. */
  readonly onEnd: () => void;
  /** See WriterOptions. */
  readonly onReadable?: ((bytes: number) => void) | undefined;
}

/** What is there when the writer is opened. */
export interface WriterStart {
  readonly exists: boolean;
  /** In bytes, before truncation. */
  readonly size: number;
  readonly truncate: boolean;
  readonly hash: readonly HashName[];
}

/** Nothing is done on the disk before there is enough to write, or a flush, or the end. */
export class FilesystemWriter implements FileWriter {
  readonly #context: WriterContext;
  readonly #names: Set<HashName>;
  readonly #batch = new ChunkBatch();
  #exists: boolean;
  /** What is there and must go before the first byte is written. */
  #truncate: boolean;
  /** Bytes on the disk, those to be truncated included; used until a worker has the file. */
  #onDisk: number;
  /** Bytes of the file, with those that are on their way. */
  #size: number;
  #upload: WorkerUpload | undefined;
  #failure: Error | undefined;
  #ending: Promise<unknown> | undefined;
  #ended = false;

  constructor(context: WriterContext, start: WriterStart) {
    this.#context = context;
    this.#names = new Set(start.hash);
    this.#exists = start.exists;
    this.#truncate = start.truncate && start.size > 0;
    this.#onDisk = start.size;
    this.#size = start.truncate ? 0 : start.size;
  }

  get size(): number {
    return this.#size;
  }

  /** The commit, close or cancel that is under way. */
  get ending(): Promise<unknown> | undefined {
    return this.#ending;
  }

  addHash(name: HashName): void {
    if (this.#size > 0) {
      throw new Error(`Cannot add hash ${name}: ${this.#size} bytes of the file were written`);
    }
    this.#names.add(name);
  }

  async write(chunk: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#check();
    this.#size += chunk.length;
    this.#batch.add(chunk);
    if (this.#batch.bytes >= BATCH || this.#isAwaited()) {
      await this.#try(() => this.#send(IN_FLIGHT_LIMIT));
    }
  }

  async flush(): Promise<void> {
    this.#check();
    if (this.#batch.bytes === 0 && !this.#truncate && this.#upload === undefined) return;
    await this.#try(async () => {
      if (this.#isSmall()) await this.#append(undefined);
      else await this.#send(0, "pause");
    });
  }

  async commit(onHashed?: OnHashed): Promise<ReadonlyMap<HashName, string>> {
    this.#check();
    return await this.#finish(async () => {
      if (this.#isSmall()) {
        const { inode, size, hashes } = await this.#append([...this.#names]);
        this.#context.warm.add(inode, size);
        onHashed?.(hashes);
        return hashes;
      }
      const { inode, size, hashes } = await this.#endUpload("commit", onHashed);
      this.#context.warm.add(inode, size);
      return hashes;
    });
  }

  async close(): Promise<void> {
    if (this.#failure !== undefined) return this.#end();
    this.#check();
    await this.#finish(async () => {
      if (this.#upload !== undefined) await this.#endUpload("close");
      else if (this.#batch.bytes > 0 || this.#truncate) await this.#append(undefined);
    });
  }

  async cancel(): Promise<void> {
    if (this.#failure === undefined) this.#check();
    const ending = this.#ending = this.#remove();
    try {
      await ending;
    } finally {
      this.#end();
    }
  }

  async #remove(): Promise<void> {
    try {
      await this.#giveUpUpload();
      await this.#context.tree.discard(this.#context.path);
    } catch (error) {
      throw storageError(this.#context.driver, "remove", this.#context.path, error);
    }
  }

  #isSmall(): boolean {
    return this.#upload === undefined && this.#size <= BATCH;
  }

  async #append(commit: readonly HashName[] | undefined): Promise<Ended> {
    const bytes = this.#batch.takeJoined();
    const size = this.#exists ? this.#onDisk : undefined;
    const { tree, path } = this.#context;
    const ended = await tree.append(path, { size, truncate: this.#truncate, bytes, commit });
    this.#exists = true;
    this.#onDisk = (this.#truncate ? 0 : this.#onDisk) + bytes.length;
    this.#truncate = false;
    return ended;
  }

  async #send(inFlight: number, then?: "pause"): Promise<void> {
    const upload = this.#upload ??= await this.#startUpload();
    upload.send(this.#batch.take(), then);
    await upload.room(inFlight);
  }

  async #endUpload(how: "commit" | "close", onHashed?: OnHashed): Promise<Ended> {
    const upload = this.#upload ??= await this.#startUpload();
    upload.send(this.#batch.take(), how, onHashed);
    return await upload.ended();
  }

  /** Whether readers wait and nothing is on its way to them. */
  #isAwaited(): boolean {
    return this.#context.onReadable !== undefined && (this.#upload?.inFlight ?? 0) === 0;
  }

  /** The worker has written something. */
  #tell(upload: WorkerUpload, onReadable: (bytes: number) => void): void {
    onReadable(this.#size - this.#batch.bytes - upload.inFlight);
    if (this.#batch.bytes === 0 || upload.inFlight > 0 || this.#ending !== undefined) return;
    upload.send(this.#batch.take());
  }

  /** Hands the file over to a worker, which reads and hashes again the little that was written before. */
  async #startUpload(): Promise<WorkerUpload> {
    if (!this.#exists) await this.#context.tree.makeFile(this.#context.path);
    this.#exists = true;
    const path = this.#context.systemPath;
    const [size, truncate, hash] = [this.#onDisk, this.#truncate, [...this.#names]];
    this.#truncate = false;
    const upload = this.#context.pool.open({ path, size, truncate, hash });
    const { onReadable } = this.#context;
    if (onReadable !== undefined) upload.onWritten = () => this.#tell(upload, onReadable);
    return upload;
  }

  async #giveUpUpload(): Promise<void> {
    if (this.#upload === undefined || this.#failure !== undefined) return;
    try {
      this.#upload.send([], "close");
      await this.#upload.ended();
    } catch (error) {
      if (!(error instanceof StoreWorkerError)) throw error; // whatever it failed at, the file goes
    }
  }

  #check(): void {
    const { driver, path } = this.#context;
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#ended) {
      throw new StorageError(driver, "write", path, undefined, new Error("the writer has ended"));
    }
  }

  async #finish<T>(action: () => Promise<T>): Promise<T> {
    const ending = this.#ending = this.#try(action);
    try {
      return await ending;
    } finally {
      this.#end();
    }
  }

  /** A failure sticks: whatever comes after it must not succeed. */
  async #try<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      const { driver, path } = this.#context;
      const step = error instanceof StoreWorkerError ? error.action : "write";
      const takenAway = this.#exists && isAbsent(error);
      throw this.#failure = takenAway
        ? new StorageError(driver, step, path, "EBUSY", error)
        : storageError(driver, step, path, error);
    }
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#context.onEnd();
  }
}
