import type { Origin } from "./problem.ts";

/** A value of the configuration before anything is known of its meaning, with the place where it was written. */
export type Node = NullNode | ScalarNode | ListNode | MapNode;

export interface NullNode {
  readonly kind: "null";
  readonly origin: Origin;
}

export interface ScalarNode {
  readonly kind: "scalar";
  readonly origin: Origin;
  /** As it was written: `0755`, `yes`. */
  readonly text: string;
  /** As YAML reads it: 493; a text that is only text is itself. */
  readonly value: string | number | boolean;
}

export interface ListNode {
  readonly kind: "list";
  readonly origin: Origin;
  readonly items: readonly Node[];
}

export interface MapNode {
  readonly kind: "map";
  readonly origin: Origin;
  readonly entries: ReadonlyMap<string, Node>;
}

/** Keys and list indices from the root. */
export type Steps = readonly (string | number)[];

export function emptyMap(origin: Origin): MapNode {
  return { kind: "map", origin, entries: new Map() };
}

/** A scalar that is the text itself. */
export function textNode(text: string, origin: Origin): ScalarNode {
  return { kind: "scalar", origin, text, value: text };
}

/** The node at `steps`, undefined when there is none. */
export function nodeAt(node: Node | undefined, steps: Steps): Node | undefined {
  let found = node;
  for (const step of steps) {
    if (found?.kind === "map" && typeof step === "string") found = found.entries.get(step);
    else if (found?.kind === "list" && typeof step === "number") found = found.items[step];
    else return undefined;
  }
  return found;
}

/** `map` with `key` set to `node`, or without it when that is undefined. */
export function withEntry(map: MapNode, key: string, node: Node | undefined): MapNode {
  const entries = new Map(map.entries);
  if (node === undefined) entries.delete(key);
  else entries.set(key, node);
  return { ...map, entries };
}

/** A node as plain values, scalars as YAML reads them. */
export function toPlain(node: Node): unknown {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(toPlain);
  if (node.kind === "map") {
    return Object.fromEntries([...node.entries].map(([key, value]) => [key, toPlain(value)]));
  }
  return null;
}

/** Whether there is nothing in it: absent, null, or an empty mapping or list. */
export function isEmpty(node: Node | undefined): boolean {
  if (node === undefined || node.kind === "null") return true;
  if (node.kind === "map") return node.entries.size === 0;
  return node.kind === "list" && node.items.length === 0;
}

/** In words, for a message; `secret` keeps the value out of it. */
export function describeNode(node: Node, secret = false): string {
  if (node.kind === "map") return "a mapping";
  if (node.kind === "list") return "a list";
  if (node.kind === "null") return "nothing";
  if (secret) return "a text (not shown)";
  const shown = node.text.length > 60 ? `${node.text.slice(0, 60)}…` : node.text;
  return typeof node.value === "string" ? JSON.stringify(shown) : shown;
}
