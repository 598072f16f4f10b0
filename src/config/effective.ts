import { parse } from "@std/yaml";
import { defaultOf } from "./convert.ts";
import { formatDuration } from "./duration.ts";
import { CHOICE_SECTIONS, STORAGE_SETTINGS } from "./fields.ts";
import type { Field } from "./fields/field.ts";
import { type Node, nodeAt, toPlain } from "./node.ts";
import { describeOrigin } from "./problem.ts";
import { makeSchema, type Schema, type SectionSchema } from "./schema.ts";
import type { Settings } from "./settings.ts";
import { formatSize } from "./size.ts";

const REDACTED = "<redacted>";

/**
 * The configuration that is in effect, as YAML: everything that was set, and the defaults of everything else that does something. Each
 * line says where it comes from. Secrets are not in it.
 */
export function renderEffective(settings: Settings): string {
  const lines = [...renderSection(makeSchema(), settings, "", 0)];
  return lines.map((line) => `${line}\n`).join("");
}

function* renderSection(
  schema: SectionSchema,
  settings: Settings,
  parent: string,
  depth: number,
): Generator<string> {
  for (const [key, child] of schema.children) {
    const path = parent === "" ? key : `${parent}.${key}`;
    if (isOtherChoice(path, settings)) continue;
    yield* renderChild(key, child, settings, path, depth);
  }
}

/** Whether it is the section of a storage driver, or of a kind of authentication, that was not chosen. */
function isOtherChoice(path: string, settings: Settings): boolean {
  const [section = "", key = "", more] = path.split(".");
  return CHOICE_SECTIONS.includes(section) && key !== "" && more === undefined &&
    !(section === "storage" && STORAGE_SETTINGS.includes(key)) &&
    nodeAt(settings.root, [section, key]) === undefined;
}

function* renderChild(
  key: string,
  schema: Schema,
  settings: Settings,
  path: string,
  depth: number,
): Generator<string> {
  const indentation = "  ".repeat(depth);
  if (schema.kind === "field") {
    const value = renderField(schema.field, settings, path);
    if (value !== undefined) yield `${indentation}${key}: ${value}`;
  } else if (schema.kind === "section") {
    const lines = [...renderSection(schema, settings, path, depth + 1)];
    if (lines.length > 0) yield `${indentation}${key}:`;
    yield* lines;
  } else {
    const count = settings.count(path);
    if (count > 0) yield `${indentation}${key}:`;
    // no rules of access are something else than no `access`
    else if (nodeAt(settings.root, path.split("."))?.kind === "list") {
      yield `${indentation}${key}: []`;
    }
    for (let index = 0; index < count; index++) {
      yield* renderElement(schema.element, settings, `${path}[${index}]`, depth + 1);
    }
  }
}

function* renderElement(
  schema: SectionSchema,
  settings: Settings,
  path: string,
  depth: number,
): Generator<string> {
  const indentation = "  ".repeat(depth);
  const lines = [...renderSection(schema, settings, path, depth + 1)];
  if (lines.length === 0) yield `${indentation}- {}`;
  for (const [index, line] of lines.entries()) {
    yield index === 0 ? `${indentation}- ${line.trimStart()}` : line;
  }
}

/** The value and its origin as a comment; undefined when there is nothing to say. */
function renderField(field: Field, settings: Settings, path: string): string | undefined {
  const setting = settings.find(path);
  if (setting !== undefined) {
    const shown = field.secret ? redact(setting.value) : setting.value;
    const value = renderValue(field, shown, setting.node);
    return `${value}  # ${describeOrigin(setting.node.origin)}`;
  }
  // elements of lists are printed as they were given
  if (field.status !== "built" || field.default === undefined || path.includes("[")) {
    return undefined;
  }
  return `${renderValue(field, defaultOf(field), undefined)}  # default`;
}

function renderValue(field: Field, value: unknown, node: Node | undefined): string {
  if (field.type === "duration" && typeof value === "number") return formatDuration(value);
  if (field.type === "size" && typeof value === "number") return formatSize(value);
  if (field.type === "patterns" && node !== undefined) return flow(toPlain(node));
  if (field.type === "text" && typeof value === "string") return flow(withoutQuery(value));
  return flow(value);
}

/** The same shape with every text hidden. */
function redact(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redact);
  if (typeof value !== "object" || value === null) return REDACTED;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, redact(item)]));
}

/** A value in flow style, on one line. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(([key, item]) => {
      return `${flow(key)}: ${flow(isSecretName(key) ? redact(item) : item)}`;
    });
    return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
  }
  if (typeof value !== "string") return String(value);
  const text = value.replace(/(:\/\/[^/@\s:]*:)[^/@\s]*@/g, `$1${REDACTED}@`);
  return isPlain(text) ? text : JSON.stringify(text);
}

/** The query of a URL may hold a token. */
function withoutQuery(text: string): string {
  return text.replace(/^(https?:\/\/[^?#]*)([?#])[^]*$/i, `$1$2${REDACTED}`);
}

/** Names under which free mappings, and `http.headers`, keep secrets. Those of CORS say who may send them. */
function isSecretName(name: string): boolean {
  return !/^access-control-/i.test(name) &&
    /pass|secret|token|credential|auth(?!or(?!i))|cookie|session|jwt|key/i.test(name);
}

/** Whether a text stays itself without quotes, for other readers of YAML as well. */
function isPlain(text: string): boolean {
  if (/^(?:y|n|yes|no|on|off)$/i.test(text)) return false;
  return /^[\w./][\w./:@%+=~-]*$/.test(text) && !text.endsWith(":") && parse(text) === text;
}
