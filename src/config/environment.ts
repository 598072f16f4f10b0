import { parseNode, YamlError } from "./document.ts";
import { readTarget, type Target } from "./environment_target.ts";
import type { MapNode, Node } from "./node.ts";
import { setNode, SettingError } from "./node_edit.ts";
import type { Origin, Problems } from "./problem.ts";
import type { SectionSchema } from "./schema.ts";

const PREFIX = "REGISTRY_";

/** Says where the file is; cli reads it. */
export const PATH_VARIABLE = "REGISTRY_CONFIGURATION_PATH";

export type Environment = Readonly<Record<string, string>>;

/**
 * Applies the variables that begin with REGISTRY_ over what the file says, as distribution does (configuration/parser.go): sorted by
 * name, each value is YAML. What it panics or stumbles at (leaves of maps that the file lacks, lists of texts, more than ten elements)
 * works.
 */
export function applyEnvironment(
  root: MapNode,
  environment: Environment,
  schema: SectionSchema,
  problems: Problems,
): MapNode {
  const names = Object.keys(environment)
    .filter((name) => name.startsWith(PREFIX) && name !== PATH_VARIABLE);
  const foreign = names.filter((name) => isFromKubernetes(name, environment[name] ?? ""));
  if (foreign.length > 0) problems.warn(aboutKubernetes(foreign));
  let result = root;
  for (const name of names.filter((name) => !foreign.includes(name)).sort(byParts)) {
    result = applyVariable(result, name, environment[name] ?? "", schema, problems);
  }
  return result;
}

function applyVariable(
  root: MapNode,
  name: string,
  text: string,
  schema: SectionSchema,
  problems: Problems,
): MapNode {
  const origin: Origin = { kind: "environment", variable: name };
  const target = readTarget(schema, name.slice(PREFIX.length).split("_"));
  if (target.kind === "unknown") {
    const hint = target.nearest === undefined ? "" : `, did you mean ${PREFIX}${target.nearest}?`;
    problems.unknown(`ignored: ${target.reason}${hint}`, undefined, origin);
    return root;
  }
  if (name === `${PREFIX}VERSION` && text.trim().replaceAll(/["']/g, "") !== "0.1") {
    problems.warn(
      "ignored: it is no version of the configuration format, which is 0.1 (is it that of an image?)",
      undefined,
      origin,
    );
    return root;
  }
  try {
    const edited = setNode(root, target, readValue(text, target, origin), origin);
    return edited.kind === "map" ? edited : root;
  } catch (error) {
    if (!(error instanceof YamlError || error instanceof SettingError)) throw error;
    problems.error(error.message, target.path, origin);
    return root;
  }
}

/** In a text YAML's special characters stand for themselves when they would mean something else or nothing: `@home`, `a: b`. */
function readValue(text: string, target: Target, origin: Origin): Node {
  const verbatim: Node = { kind: "scalar", origin, text: text.trim(), value: text.trim() };
  try {
    const node = parseNode(text, () => origin);
    const isText = node.kind === "scalar" || node.kind === "null";
    return target.takes === "text" && !isText ? verbatim : node;
  } catch (error) {
    if (error instanceof YamlError && target.takes !== "structure") return verbatim;
    throw error;
  }
}

/** What Kubernetes sets in every container for each service of the namespace: REGISTRY_PORT, REGISTRY_SERVICE_HOST, … */
function isFromKubernetes(name: string, value: string): boolean {
  if (name.endsWith("_PORT") && /^(?:tcp|udp|sctp):\/\//.test(value)) return true;
  return /_(?:PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?|SERVICE_HOST|SERVICE_PORT(?:_\w+)?)$/
    .test(name);
}

function aboutKubernetes(names: readonly string[]): string {
  const [first = "", ...more] = names.toSorted();
  const others = more.length === 0 ? "" : ` and ${more.length} more like it`;
  return `ignored: ${first}${others}, which Kubernetes sets for a service of that name ` +
    "(enableServiceLinks: false in the pod turns it off)";
}

/** By name, but numbers by their value, so that element 10 comes after element 2; a whole section before its parts. */
function byParts(a: string, b: string): number {
  const left = a.split("_");
  const right = b.split("_");
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const [x = "", y = ""] = [left[index], right[index]];
    if (x === y) continue;
    if (/^\d+$/.test(x) && /^\d+$/.test(y)) return Number(x) - Number(y);
    return x < y ? -1 : 1;
  }
  return left.length - right.length;
}
