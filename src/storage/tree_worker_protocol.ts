import type { Tree } from "./tree.ts";

/** The first message to a tree worker. */
export interface TreeStart {
  /** Path of the system, "" for its root. */
  readonly root: string;
}

/** All others: a method of Tree with its arguments. Each gets one answer, in any order. */
export type TreeCall = {
  readonly [K in keyof Tree]: {
    /** Unique in the life of the worker. */
    readonly id: number;
    readonly method: K;
    readonly args: Parameters<Tree[K]>;
  };
}[keyof Tree];

export interface TreeAnswer {
  readonly id: number;
  /** What the method returned. */
  readonly result?: unknown;
  /** What it threw, in a form that can be sent. */
  readonly failed?: { readonly code: string | undefined; readonly message: string };
}
