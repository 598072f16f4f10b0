/// <reference lib="deno.worker" />
// Entry point of a tree worker: changes the tree off the thread that serves requests.
import { BlockingTreeFiles } from "./blocking_tree_files.ts";
import { TreeCalls } from "./tree_calls.ts";

const calls = new TreeCalls(new BlockingTreeFiles(), (answer) => self.postMessage(answer));
self.onmessage = ({ data }: MessageEvent) => calls.receive(data);
