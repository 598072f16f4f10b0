import { formatDuration, parseDuration } from "./duration.ts";
import type { Field } from "./fields/field.ts";
import { goPattern } from "./go_pattern.ts";
import { readHeaders } from "./headers.ts";
import { parseSize } from "./size.ts";
import { suggestion } from "./nearest.ts";
import { describeNode, type Node, toPlain } from "./node.ts";

/** A value that is not what its field takes: "found …, expected …". */
export class ConvertError extends Error {
  override readonly name = "ConvertError";
}

/** What a node gives for a field: the value as fields.ts `ValueOf` has it, and something odd about it. */
export interface Converted {
  readonly value: unknown;
  readonly warning?: string;
}

/** Reads a node as a field has it. @throws ConvertError */
export function convert(node: Node, field: Field): Converted {
  switch (field.type) {
    case "text":
      return { value: text(node, field) };
    case "choice":
      return { value: choice(node, field) };
    case "bool":
      return bool(node, field);
    case "int":
      return { value: int(node, field) };
    case "duration":
      return duration(node, field);
    case "size":
      return { value: size(node, field) };
    case "list":
      return { value: list(node, field) };
    case "patterns":
      return { value: list(node, field).map((source) => pattern(source)) };
    case "headers":
      return { value: headers(node, field) };
    case "map":
    case "section":
      return { value: mapping(node) };
  }
}

function mismatch(node: Node, field: Field, expected: string): ConvertError {
  return new ConvertError(`found ${describeNode(node, field.secret)}, expected ${expected}`);
}

function text(node: Node, field: Field): string {
  if (node.kind === "scalar") return node.text;
  throw mismatch(node, field, "a text");
}

function choice(node: Node, field: Field): string {
  const values = field.values ?? [];
  const found = node.kind === "scalar" ? node.text : undefined;
  const wanted = field.anyCase ? found?.toLowerCase() : found;
  if (wanted !== undefined && values.includes(wanted)) return wanted;
  const meant = suggestion(found ?? "", values);
  throw mismatch(node, field, `one of ${values.join(", ")}${meant}`);
}

const YES = /^(?:y|Y|yes|Yes|YES|on|On|ON)$/;
const NO = /^(?:n|N|no|No|NO|off|Off|OFF)$/;

function bool(node: Node, field: Field): Converted {
  if (node.kind === "scalar") {
    if (typeof node.value === "boolean") return { value: node.value };
    if (YES.test(node.text)) return { value: true };
    if (NO.test(node.text)) return { value: false };
  }
  const quoted = node.kind === "scalar" && /^(?:true|false)$/i.test(node.text)
    ? " without quotes"
    : "";
  const expected = `true or false${quoted}`;
  if (!field.offUnlessBool) throw mismatch(node, field, expected);
  return { value: false, warning: `${mismatch(node, field, expected).message}: it stays off` };
}

function int(node: Node, field: Field): number {
  const value = node.kind === "scalar" ? node.value : undefined;
  const isNumeric = field.numericText && typeof value === "string" && /^-?\d+$/.test(value);
  const number = isNumeric ? Number(value) : value;
  const { min = -Number.MAX_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = field;
  if (
    typeof number === "number" && Number.isInteger(number) && number >= min && number <= max
  ) return number;
  const bounds = [
    field.min === undefined ? "" : ` from ${field.min}`,
    field.max === undefined ? "" : ` to ${field.max}`,
  ];
  throw mismatch(node, field, `a whole number${bounds.join("")}`);
}

/** Bare numbers are nanoseconds, as in Go: rarely what is meant. */
function duration(node: Node, field: Field): Converted {
  const value = node.kind === "scalar" ? node.value : undefined;
  const isBare = typeof value === "number" && Number.isFinite(value);
  const milliseconds = isBare
    ? Math.trunc(value) / 1e6
    : typeof value === "string"
    ? parseDuration(value)
    : undefined;
  const { min = -Infinity, max = Infinity } = field;
  const meant = typeof value === "number" ? value : Number(value);
  const hint = Number.isFinite(meant) && meant > 0 ? ` (${meant} seconds are ${meant}s)` : "";
  if (milliseconds === undefined) {
    throw mismatch(node, field, `a duration such as 30s, 5m or 1h30m${hint}`);
  }
  if (milliseconds < min || milliseconds > max) {
    const bounds = max === Infinity
      ? `at least ${formatDuration(min)}`
      : `${formatDuration(min)} to ${formatDuration(max)}`;
    throw mismatch(node, field, `a duration of ${bounds}${isBare ? hint : ""}`);
  }
  if (isBare && milliseconds > 0 && milliseconds < 1) {
    return {
      value: milliseconds,
      warning: `found ${value}, which is ${formatDuration(milliseconds)}: ` +
        `a bare number is nanoseconds${hint}`,
    };
  }
  return { value: milliseconds };
}

function size(node: Node, field: Field): number {
  const bytes = node.kind === "scalar" ? parseSize(node.text) : undefined;
  if (bytes !== undefined) return bytes;
  throw mismatch(node, field, "a size such as 500MB, 20GiB, or bytes");
}

function list(node: Node, field: Field): readonly string[] {
  if (node.kind !== "list") throw mismatch(node, field, "a list of texts, such as [one, two]");
  return node.items.map((item) => item.kind === "null" ? "" : text(item, field));
}

function pattern(source: string): RegExp {
  try {
    return goPattern(source);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConvertError(
      `found ${JSON.stringify(source)}, expected a regular expression: ${why}`,
    );
  }
}

function headers(node: Node, field: Field): Readonly<Record<string, readonly string[]>> {
  if (node.kind !== "map") {
    throw mismatch(node, field, "header names with lists of values, such as X-Name: [value]");
  }
  const lists = [...node.entries].map(([name, values]): [string, readonly string[]] => {
    if (values.kind === "null") return [name, []];
    if (values.kind === "list") return [name, list(values, field)];
    throw new ConvertError(
      `found ${describeNode(values, true)} at ${name}, expected a list: [value]`,
    );
  });
  const result = readHeaders(lists);
  if (typeof result === "string") throw new ConvertError(result);
  return result;
}

function mapping(node: Node): unknown {
  if (node.kind === "null") return {};
  if (node.kind === "map") return toPlain(node);
  throw new ConvertError(`found ${describeNode(node, true)}, expected a mapping`);
}

/** What a field gives when the configuration says nothing of it: its default, else the zero value of its type, as in Go. */
export function defaultOf(field: Field): unknown {
  if (field.default !== undefined) {
    return field.type === "duration" ? parseDuration(String(field.default)) : field.default;
  }
  const zero = {
    text: "",
    choice: "",
    bool: false,
    int: 0,
    duration: 0,
    size: 0,
    list: [],
    patterns: [],
    headers: {},
    map: {},
    section: {},
  };
  return zero[field.type];
}
