import type { Target } from "./environment_target.ts";
import { CHOICE_SECTIONS } from "./fields.ts";
import { emptyMap, type ListNode, type MapNode, type Node, type Steps, withEntry } from "./node.ts";
import { describeOrigin, type Origin } from "./problem.ts";

/** A variable that cannot be applied to what is there. */
export class SettingError extends Error {
  override readonly name = "SettingError";
}

/**
 * `root` with the value at the target's place; mappings and lists on the way are made where there are none.
 * @throws SettingError
 */
export function setNode(root: Node, target: Target, value: Node, origin: Origin): Node {
  return new Edit(target, value, origin).at(root, 0);
}

class Edit {
  readonly #target: Target;
  readonly #steps: Steps;
  readonly #value: Node;
  readonly #origin: Origin;

  constructor(target: Target, value: Node, origin: Origin) {
    this.#target = target;
    this.#steps = target.steps;
    this.#value = value;
    this.#origin = origin;
  }

  at(node: Node | undefined, depth: number): Node {
    const step = this.#steps[depth];
    if (step === undefined) return this.#value;
    if (typeof step === "number") {
      return this.#inList(this.#asList(node, depth), step, depth);
    }
    const map = this.#asMap(node, depth);
    const isKeyInAnyCase = this.#target.anyCaseKey &&
      depth === this.#steps.findLastIndex((item) => typeof item === "string");
    if (isKeyInAnyCase) return this.#inHeaders(map, step, depth);
    return withEntry(map, step, this.at(map.entries.get(step), depth + 1));
  }

  /** Header names that differ in case only are the same: what the file has under any spelling is replaced. */
  #inHeaders(map: MapNode, name: string, depth: number): MapNode {
    const spellings = [...map.entries.keys()].filter((key) => key.toLowerCase() === name);
    const [key = name, ...others] = spellings;
    const value = this.at(map.entries.get(key), depth + 1);
    return others.reduce(
      (rest, other) => withEntry(rest, other, undefined),
      withEntry(map, key, value),
    );
  }

  #inList(list: ListNode, index: number, depth: number): ListNode {
    if (index > list.items.length) {
      throw new SettingError(
        `found index ${index}, expected at most ${list.items.length}: the list has that many elements`,
      );
    }
    const items = [...list.items];
    items[index] = this.at(list.items[index], depth + 1);
    return { ...list, items };
  }

  #asList(node: Node | undefined, depth: number): ListNode {
    if (node === undefined || node.kind === "null") {
      return { kind: "list", origin: this.#origin, items: [] };
    }
    if (node.kind === "list") return node;
    throw this.#mismatch(node, depth, "is not a list");
  }

  #asMap(node: Node | undefined, depth: number): MapNode {
    if (node === undefined || node.kind === "null") return emptyMap(this.#origin);
    if (node.kind === "map") return node;
    if (node.kind === "scalar" && CHOICE_SECTIONS.includes(this.#steps.slice(0, depth).join("."))) {
      return expandChoice(node);
    }
    throw this.#mismatch(node, depth, "is not a mapping");
  }

  #mismatch(node: Node, depth: number, what: string): SettingError {
    const path = this.#steps.slice(0, depth).join(".");
    return new SettingError(
      `cannot be set: ${path}, from ${describeOrigin(node.origin)}, ${what}`,
    );
  }
}

/** `storage: inmemory` as `storage: { inmemory: }`. */
export function expandChoice(node: Node): MapNode {
  if (node.kind === "map") return node;
  const map = emptyMap(node.origin);
  if (node.kind !== "scalar" || node.text === "") return map;
  return withEntry(map, node.text, { kind: "null", origin: node.origin });
}
