import type { TreeFiles } from "./file_system.ts";
import { LocalTree } from "./local_tree.ts";
import { systemCode } from "./system_error.ts";
import type { Tree } from "./tree.ts";
import type { TreeAnswer, TreeCall, TreeStart } from "./tree_worker_protocol.ts";

/** The far end of the calls to a tree worker. */
export class TreeCalls {
  readonly #files: TreeFiles;
  readonly #reply: (answer: TreeAnswer) => void;
  #tree: Tree | undefined;

  constructor(files: TreeFiles, reply: (answer: TreeAnswer) => void) {
    this.#files = files;
    this.#reply = reply;
  }

  receive(message: TreeStart | TreeCall): void {
    if ("root" in message) this.#tree = new LocalTree(this.#files, message.root);
    else this.#answer(message);
  }

  /** Never rejects: what goes wrong is the answer. */
  async #answer({ id, method, args }: TreeCall): Promise<void> {
    try {
      const tree = this.#tree;
      if (tree === undefined) throw new Error("the tree was not started");
      // TreeCall pairs each method with its own arguments, which TypeScript can't follow through a variable.
      const call = tree[method] as (...args: unknown[]) => Promise<unknown>;
      this.#reply({ id, result: await call.apply(tree, args) });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#reply({ id, failed: { code: systemCode(error), message } });
    }
  }
}
