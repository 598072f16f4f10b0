import { FIELDS, GO_NAMES } from "./fields.ts";
import type { Field } from "./fields/field.ts";

/** The options as a tree. A section has named children, a list one schema for all of its elements, a field an option. */
export type Schema = SectionSchema | ElementsSchema | FieldSchema;

export interface SectionSchema {
  readonly kind: "section";
  /** `` for the root; `log.hooks[].options` below lists. */
  readonly path: string;
  readonly children: ReadonlyMap<string, Schema>;
}

export interface ElementsSchema {
  readonly kind: "elements";
  readonly path: string;
  readonly element: SectionSchema;
}

export interface FieldSchema {
  readonly kind: "field";
  readonly path: string;
  readonly field: Field;
}

/** Builds the tree of all options; cheap, so that it needs no module-level instance. */
export function makeSchema(): SectionSchema {
  return sectionOf("", Object.entries(FIELDS));
}

function sectionOf(path: string, fields: readonly [string, Field][]): SectionSchema {
  const prefix = path === "" ? "" : `${path}.`;
  const names = new Set(fields.map(([full]) => firstName(full.slice(prefix.length))));
  const children = [...names].map((name): [string, Schema] => {
    const own = `${prefix}${name}`;
    const below = fields.filter(([full]) =>
      /^(?:$|\.|\[)/.test(full.slice(own.length)) && full.startsWith(own)
    );
    return [name, childOf(own, below)];
  });
  return { kind: "section", path, children: new Map(children) };
}

function childOf(path: string, fields: readonly [string, Field][]): Schema {
  const [first] = fields;
  if (first?.[0] === path) return { kind: "field", path, field: first[1] };
  if (first?.[0].startsWith(`${path}[].`)) {
    return { kind: "elements", path, element: sectionOf(`${path}[]`, fields) };
  }
  return sectionOf(path, fields);
}

function firstName(path: string): string {
  return /^[^.[]+/.exec(path)?.[0] ?? path;
}

/** Names of a child in environment variables: that of YAML and Go's. */
export function environmentNames(section: SectionSchema, name: string): string[] {
  const goName = GO_NAMES[section.path === "" ? name : `${section.path}.${name}`];
  return [...(goName === undefined ? [] : [goName]), name.toUpperCase()];
}

/** Every field below, in order. */
export function* fieldsOf(schema: Schema): Generator<FieldSchema> {
  if (schema.kind === "field") yield schema;
  else if (schema.kind === "elements") yield* fieldsOf(schema.element);
  else for (const child of schema.children.values()) yield* fieldsOf(child);
}

/** The variable that sets an option: `REGISTRY_HEALTH_FILECHECKERS_0_FILE`. */
export function environmentVariable(path: string): string {
  const parts = path.split(".").map((_, index, all) => {
    const upTo = all.slice(0, index + 1).join(".");
    const bare = upTo.replace(/\[\]$/, "");
    const name = GO_NAMES[bare] ?? (all[index] ?? "").replace("[]", "").toUpperCase();
    return upTo.endsWith("[]") ? `${name}_0` : name;
  });
  return `REGISTRY_${parts.join("_")}`;
}
