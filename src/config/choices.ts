import { STORAGE_SETTINGS } from "./fields.ts";
import { suggestion } from "./nearest.ts";
import { describeNode, isEmpty, type MapNode, type Node, withEntry } from "./node.ts";
import { expandChoice } from "./node_edit.ts";
import { describeOrigin, type Problems } from "./problem.ts";
import type { SectionSchema } from "./schema.ts";

/**
 * Checks the two sections of which one key is chosen, and writes them out in full: `storage: inmemory` becomes a mapping. Of drivers
 * that the built-in default names, nothing is left when there is another one.
 */
export function readChoices(root: MapNode, schema: SectionSchema, problems: Problems): MapNode {
  const withStorage = readStorage(root, schema, problems);
  return readAuth(withStorage, schema, problems);
}

/** The names of storage drivers that berth knows, built or not. */
function knownDrivers(schema: SectionSchema): string[] {
  return knownKeys(schema, "storage").filter((key) => !STORAGE_SETTINGS.includes(key));
}

function knownKeys(schema: SectionSchema, name: string): string[] {
  const section = schema.children.get(name);
  return section?.kind === "section" ? [...section.children.keys()] : [];
}

function readStorage(root: MapNode, schema: SectionSchema, problems: Problems): MapNode {
  const node = root.entries.get("storage");
  if (node === undefined) return noStorage(root, problems);
  if (node.kind === "list") return refuseList(root, "storage", node, problems);
  const storage = expandChoice(node);
  const drivers = [...storage.entries].filter(([key]) => !STORAGE_SETTINGS.includes(key));
  const chosen = drivers.filter(([, node]) => !isBuiltIn(node));
  const [first] = drivers;
  if (first === undefined) return noStorage(root, problems);
  const known = knownDrivers(schema);
  for (const [name, node] of drivers) {
    if (known.includes(name)) continue;
    const hint = suggestion(name, [...known, ...STORAGE_SETTINGS], "storage.");
    problems.error(
      `unknown storage driver${hint || `, expected one of ${known.join(", ")}`}`,
      `storage.${name}`,
      node.origin,
    );
  }
  const rivals = chosen.filter(([name]) => known.includes(name));
  if (rivals.length > 1) {
    problems.error(
      `found ${listed(rivals)}, expected exactly one storage driver`,
      "storage",
      rivals[1]?.[1].origin,
    );
  }
  const kept = chosen.length === 0 || drivers.length === 1
    ? storage
    : drivers.filter((driver) => !chosen.includes(driver))
      .reduce((map, [name]) => withEntry(map, name, undefined), storage);
  return withEntry(root, "storage", kept);
}

/** Whether the built-in default alone says it, and nobody has touched it. */
function isBuiltIn(node: Node): boolean {
  if (node.origin.kind !== "built-in") return false;
  return node.kind !== "map" || [...node.entries.values()].every(isBuiltIn);
}

function noStorage(root: MapNode, problems: Problems): MapNode {
  const node = root.entries.get("storage");
  problems.error(
    "no storage driver, expected one, such as filesystem: { rootdirectory: /var/lib/registry }",
    "storage",
    node?.origin,
  );
  return withEntry(root, "storage", undefined);
}

/** An unknown kind of authentication must never mean none. */
function readAuth(root: MapNode, schema: SectionSchema, problems: Problems): MapNode {
  const node = root.entries.get("auth");
  if (node === undefined || isEmpty(node)) return withEntry(root, "auth", undefined);
  if (node.kind === "list") return refuseList(root, "auth", node, problems);
  const auth = expandChoice(node);
  const kinds = [...auth.entries].map(([name, node]): [string, Node] => {
    return [name.toLowerCase() === "none" ? "none" : name, node];
  });
  const known = knownKeys(schema, "auth");
  for (const [name, node] of kinds) {
    if (known.includes(name)) continue;
    const hint = suggestion(name, known, "auth.") || `, expected one of ${known.join(", ")}`;
    problems.error(`unknown kind of authentication${hint}`, `auth.${name}`, node.origin);
  }
  const rivals = kinds.filter(([name]) => known.includes(name));
  if (rivals.length > 1) {
    problems.error(
      `found ${listed(rivals)}, expected one kind of authentication`,
      "auth",
      rivals[1]?.[1].origin,
    );
  }
  return withEntry(root, "auth", { ...auth, entries: new Map(kinds) });
}

function listed(entries: readonly (readonly [string, Node])[]): string {
  return entries.map(([name, node]) => `${name} (${describeOrigin(node.origin)})`).join(" and ");
}

function refuseList(root: MapNode, path: string, node: Node, problems: Problems): MapNode {
  problems.error(`found ${describeNode(node)}, expected a mapping`, path, node.origin);
  return withEntry(root, path, undefined);
}
