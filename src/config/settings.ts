import { convert, ConvertError, defaultOf } from "./convert.ts";
import { CHOICE_SECTIONS, type FieldPath, FIELDS, type ValueOf } from "./fields.ts";
import type { Field } from "./fields/field.ts";
import { suggestion } from "./nearest.ts";
import { describeNode, type MapNode, type Node, nodeAt } from "./node.ts";
import type { Problems } from "./problem.ts";
import { fieldsOf, type Schema, type SectionSchema } from "./schema.ts";

/** One option that the configuration sets. */
export interface Setting {
  /** `notifications.endpoints[0].url`. */
  readonly path: string;
  readonly field: Field;
  readonly value: unknown;
  readonly node: Node;
}

/** All that a configuration sets, checked against the list of options. */
export class Settings {
  readonly root: MapNode;
  /** By concrete path, in the order of the configuration. */
  readonly #set: ReadonlyMap<string, Setting>;

  constructor(root: MapNode, set: ReadonlyMap<string, Setting>) {
    this.root = root;
    this.#set = set;
  }

  /** What the configuration says, else the default, else the zero value of the type. */
  get<P extends FieldPath>(path: P): ValueOf<(typeof FIELDS)[P]> {
    const field: Field = FIELDS[path];
    const setting = this.#set.get(path);
    return (setting === undefined ? defaultOf(field) : setting.value) as ValueOf<
      (typeof FIELDS)[P]
    >;
  }

  /** The setting at a concrete path, undefined when the configuration does not say it. */
  find(path: string): Setting | undefined {
    return this.#set.get(path);
  }

  /** Whether something is written there that is not what the option takes, and that was reported. */
  isRefused(path: string): boolean {
    if (this.#set.has(path)) return false;
    const steps = path.match(/[^.[\]]+/g) ?? [];
    const node = nodeAt(this.root, steps.map((step) => /^\d+$/.test(step) ? Number(step) : step));
    return node !== undefined && node.kind !== "null";
  }

  /** Every setting. */
  all(): Iterable<Setting> {
    return this.#set.values();
  }

  /** The settings at and below a section. */
  *under(prefix: string): Generator<Setting> {
    for (const setting of this.#set.values()) {
      const rest = setting.path.slice(prefix.length);
      if (setting.path.startsWith(prefix) && /^(?:$|\.|\[)/.test(rest)) yield setting;
    }
  }

  /** The number of elements of a list of mappings. */
  count(path: string): number {
    const node = nodeAt(this.root, path.split("."));
    return node?.kind === "list" ? node.items.length : 0;
  }
}

/** Reads a tree by the options; everything that does not fit goes to `problems`. */
export function readSettings(root: MapNode, schema: SectionSchema, problems: Problems): Settings {
  const set = new Map<string, Setting>();
  const reader = new Reader(problems, set, schema);
  reader.read(root, schema, "");
  return new Settings(root, set);
}

class Reader {
  readonly #problems: Problems;
  readonly #set: Map<string, Setting>;
  readonly #schema: SectionSchema;

  constructor(problems: Problems, set: Map<string, Setting>, schema: SectionSchema) {
    this.#problems = problems;
    this.#set = set;
    this.#schema = schema;
  }

  read(node: Node, schema: Schema, path: string): void {
    if (schema.kind === "field") return this.#readField(node, schema.field, path);
    if (node.kind === "null") return;
    const expected = schema.kind === "section" ? "map" : "list";
    if (node.kind !== expected) {
      const what = expected === "map" ? "a mapping" : "a list of mappings";
      this.#problems.error(
        `found ${describeNode(node, true)}, expected ${what}`,
        path,
        node.origin,
      );
    } else if (node.kind === "list" && schema.kind === "elements") {
      node.items.forEach((item, index) => this.read(item, schema.element, `${path}[${index}]`));
    } else if (node.kind === "map" && schema.kind === "section") {
      for (const [key, value] of node.entries) this.#readEntry(key, value, schema, path);
    }
  }

  #readEntry(key: string, value: Node, schema: SectionSchema, parent: string): void {
    const child = schema.children.get(key);
    const path = parent === "" ? key : `${parent}.${key}`;
    if (child !== undefined) this.read(value, child, path);
    // which driver is chosen is choices.ts' business, a name that nobody knows included
    else if (!CHOICE_SECTIONS.includes(parent)) {
      this.#problems.unknown(
        `unknown key ${path}${this.#meant(key, schema, parent)}`,
        undefined,
        value.origin,
      );
    }
  }

  /** The nearest key beside it, else, at the top, the same key in another place. */
  #meant(key: string, section: SectionSchema, parent: string): string {
    const prefix = parent === "" ? "" : `${parent}.`;
    const beside = suggestion(key, section.children.keys(), prefix);
    if (beside !== "" || parent !== "") return beside;
    const elsewhere = [...fieldsOf(this.#schema)].map(({ path }) => path)
      .find((path) => path.split(".").slice(1).includes(key));
    if (elsewhere === undefined) return "";
    const parts = elsewhere.split(".");
    return `, did you mean ${parts.slice(0, parts.indexOf(key) + 1).join(".")}?`;
  }

  #readField(node: Node, field: Field, path: string): void {
    const isPresence = field.type === "map" || field.type === "section";
    if (node.kind === "null" && !isPresence) return;
    try {
      const { value, warning } = convert(node, field);
      if (warning !== undefined) this.#problems.warn(warning, path, node.origin);
      this.#set.set(path, { path, field, value, node });
    } catch (error) {
      if (!(error instanceof ConvertError)) throw error;
      this.#problems.error(error.message, path, node.origin);
    }
  }
}
