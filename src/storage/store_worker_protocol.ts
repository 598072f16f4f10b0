import type { HashName } from "./driver.ts";

/** What the isolate that serves requests sends to a store worker. One message opens an upload, carries chunks, and ends it. */
export interface ToWorker {
  /** Unique in the life of the worker. */
  readonly upload: number;
  /** In the first message. */
  readonly open?: OpenRequest;
  /** Transferred: their buffers are gone on the sender's side. */
  readonly chunks?: readonly Uint8Array<ArrayBuffer>[];
  /** Nothing will follow for a while. */
  readonly pause?: boolean;
  /** In the last message. */
  readonly end?: End;
  /** With `end: "commit"`: the hashes are told in an answer of their own, before the bytes are brought to the disk. */
  readonly hashesFirst?: boolean;
}

export interface OpenRequest {
  /** Path of the system, of a file that exists. */
  readonly path: string;
  /** Bytes that the file has, as far as the sender knows, before truncation; it is an error when there are more or fewer. */
  readonly size: number;
  /** Start from nothing instead. */
  readonly truncate: boolean;
  readonly hash: readonly HashName[];
}

/** `commit` syncs and hashes; `close` only gives back the file. */
export type End = "commit" | "close";

/** One answer per message, one now and then while what was there is read, and one more when something failed after it. Nothing follows `ended` or `failed`. */
export interface FromWorker {
  readonly upload: number;
  /** Bytes of the message that were handed to the system. */
  readonly written: number;
  readonly hashes?: ReadonlyMap<HashName, string>;
  readonly ended?: Ended;
  readonly failed?: Failure;
}

export interface Ended {
  readonly inode: number;
  readonly size: number;
  /** In hex; empty unless committed. */
  readonly hashes: ReadonlyMap<HashName, string>;
}

/** An error, in a form that can be sent. */
export interface Failure {
  /** For StorageError: `open`, `write`, `sync`. */
  readonly action: string;
  readonly code: string | undefined;
  readonly message: string;
}
