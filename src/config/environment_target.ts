import { CHOICE_SECTIONS } from "./fields.ts";
import type { Steps } from "./node.ts";
import { nearest } from "./nearest.ts";
import { environmentNames, type FieldSchema, type Schema, type SectionSchema } from "./schema.ts";

/** What a variable's name leads to. */
export interface Target {
  readonly kind: "target";
  readonly steps: Steps;
  /** For messages: `http.tls.clientcas[0]`. */
  readonly path: string;
  /** `text`: any text will do as it is. `any`: YAML if it is valid, else text. `structure`: YAML. */
  readonly takes: "text" | "any" | "structure";
  /** The last map's key is looked up without regard to case (headers). */
  readonly anyCaseKey: boolean;
}

export interface UnknownTarget {
  readonly kind: "unknown";
  readonly reason: string;
  /** A name (without the prefix) that was probably meant. */
  readonly nearest: string | undefined;
}

/** Finds the place in the configuration that the parts of a variable's name after REGISTRY_ lead to. */
export function readTarget(root: SectionSchema, parts: readonly string[]): Target | UnknownTarget {
  let schema: Schema = root;
  const steps: (string | number)[] = [];
  for (const [position, part] of parts.entries()) {
    const rest = parts.slice(position);
    if (schema.kind === "field") return belowField(schema, steps, rest);
    if (schema.kind === "elements") {
      if (!isIndex(part)) return unknown(`${schema.path} is a list, after it comes a number`);
      steps.push(Number(part));
      schema = schema.element;
      continue;
    }
    const section: SectionSchema = schema;
    const name = [...section.children.keys()]
      .find((key) => environmentNames(section, key).includes(part));
    const child = name === undefined ? undefined : section.children.get(name);
    if (name === undefined || child === undefined) {
      return CHOICE_SECTIONS.includes(section.path)
        ? target([...steps, ...lowerCase(rest)], "any") // a driver that nobody knows: refused later
        : unknownName(section, parts, position);
    }
    steps.push(name);
    schema = child;
  }
  return target(steps, schema.kind === "field" ? takes(schema) : "structure");
}

function belowField(
  { path, field }: FieldSchema,
  steps: Steps,
  rest: readonly string[],
): Target | UnknownTarget {
  const [first = "", second, ...more] = rest;
  if (field.type === "map" || field.type === "section") {
    return target([...steps, ...lowerCase(rest)], "any");
  }
  if ((field.type === "list" || field.type === "patterns") && second === undefined) {
    if (!isIndex(first)) return unknown(`${path} is a list, after it comes a number`);
    return target([...steps, Number(first)], "text");
  }
  if (field.type === "headers" && more.length === 0) {
    const key = [...steps, first.toLowerCase()];
    if (second === undefined) return { ...target(key, "any"), anyCaseKey: true };
    if (isIndex(second)) return { ...target([...key, Number(second)], "text"), anyCaseKey: true };
  }
  return unknown(`nothing can be set below ${path}`);
}

function takes({ field }: FieldSchema): Target["takes"] {
  return field.type === "text" || field.type === "choice" ? "text" : "structure";
}

function target(steps: Steps, takes: Target["takes"]): Target {
  const path = steps.reduce<string>(
    (text, step) =>
      typeof step === "number" ? `${text}[${step}]` : text === "" ? step : `${text}.${step}`,
    "",
  );
  return { kind: "target", steps, path, takes, anyCaseKey: false };
}

function unknown(reason: string): UnknownTarget {
  return { kind: "unknown", reason, nearest: undefined };
}

function unknownName(
  section: SectionSchema,
  parts: readonly string[],
  position: number,
): UnknownTarget {
  const candidates = [...section.children.keys()]
    .flatMap((name) => environmentNames(section, name));
  const best = nearest(parts[position] ?? "", candidates);
  return {
    kind: "unknown",
    reason: "there is no such setting",
    nearest: best &&
      [...parts.slice(0, position), best, ...parts.slice(position + 1)].join("_").toUpperCase(),
  };
}

function lowerCase(parts: readonly string[]): string[] {
  return parts.map((part) => part.toLowerCase());
}

function isIndex(part: string): boolean {
  return /^\d{1,6}$/.test(part);
}
