import { type MapNode, type Node, nodeAt, withEntry } from "./node.ts";
import type { Problems } from "./problem.ts";

/** Keys that distribution still reads under an older name, which counts when the newer one is not set. */
const RENAMED: readonly { readonly from: readonly string[]; readonly to: readonly string[] }[] = [
  { from: ["loglevel"], to: ["log", "level"] },
  { from: ["storage", "cache", "layerinfo"], to: ["storage", "cache", "blobdescriptor"] },
];

/** Moves what stands under old names to the names of today, with a warning each. */
export function renameOldKeys(root: MapNode, problems: Problems): MapNode {
  const renamed = RENAMED.reduce<MapNode>((tree, { from, to }) => {
    const old = nodeAt(tree, from);
    if (old === undefined || old.kind === "null") return tree;
    const current = nodeAt(tree, to);
    const isSet = current !== undefined && current.kind !== "null";
    const effect = isSet ? "it is ignored, since that is set as well" : "the old name still works";
    problems.warn(`is called ${to.join(".")} today: ${effect}`, from.join("."), old.origin);
    const without = put(tree, from, undefined);
    return isSet ? without : put(without, to, old);
  }, root);
  return renameValidation(renamed);
}

/** `validation.enabled: true` beats `disabled: true`; false alone does nothing (configuration/configuration.go). */
function renameValidation(root: MapNode): MapNode {
  const enabled = nodeAt(root, ["validation", "enabled"]);
  if (enabled?.kind !== "scalar" || enabled.value !== true) return root;
  const off: Node = { ...enabled, text: "false", value: false };
  return put(root, ["validation", "disabled"], off);
}

function put(
  map: MapNode,
  [key = "", ...rest]: readonly string[],
  node: Node | undefined,
): MapNode {
  if (rest.length === 0) return withEntry(map, key, node);
  const child = map.entries.get(key);
  if (child?.kind === "map") return withEntry(map, key, put(child, rest, node));
  // a scalar in the way is reported when the tree is read
  if (node === undefined || (child !== undefined && child.kind !== "null")) return map;
  const below: MapNode = { kind: "map", origin: node.origin, entries: new Map() };
  return withEntry(map, key, put(below, rest, node));
}
