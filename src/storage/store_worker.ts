/// <reference lib="deno.worker" />
// Entry point of a store worker: hashes and writes uploads off the thread that serves requests.
import { NativeStoreFiles } from "./store_files.ts";
import { StoreUploads } from "./store_uploads.ts";

const uploads = new StoreUploads(new NativeStoreFiles(), (message) => self.postMessage(message));
self.onmessage = ({ data }: MessageEvent) => uploads.receive(data);
