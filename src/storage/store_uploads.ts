import type { StoreFiles } from "./store_files.ts";
import { type StoreShared, StoreUpload } from "./store_upload.ts";
import type { FromWorker, ToWorker } from "./store_worker_protocol.ts";

/** All uploads of one store worker. */
export class StoreUploads {
  readonly #uploads = new Map<number, StoreUpload>();
  readonly #shared: StoreShared;

  constructor(files: StoreFiles, reply: (message: FromWorker) => void) {
    this.#shared = {
      files,
      busy: 0,
      reply,
      done: (upload) => void this.#uploads.delete(upload),
    };
  }

  /** Messages of an upload that failed are dropped: its sender knows, or will soon. */
  receive(message: ToWorker): void {
    let upload = this.#uploads.get(message.upload);
    if (upload === undefined) {
      if (message.open === undefined) return;
      upload = new StoreUpload(message.upload, this.#shared);
      this.#uploads.set(message.upload, upload);
    }
    upload.receive(message);
  }
}
