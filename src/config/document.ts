import { parse, YamlSyntaxError } from "@std/yaml";
import { emptyMap, type MapNode, type Node, type Steps } from "./node.ts";
import type { Origin, Problems } from "./problem.ts";
import { readLines } from "./yaml_lines.ts";

/** No configuration is longer; a wrong file (a blob, a log) is noticed before it is parsed. */
const MAX_CHARACTERS = 1 << 20;

/** Aliases can make a small text stand for any number of values. */
const MAX_VALUES = 20_000;

/** YAML that cannot be read; the message cites nothing of the text. */
export class YamlError extends Error {
  override readonly name = "YamlError";
  readonly line: number | undefined;

  constructor(message: string, line?: number) {
    super(message);
    this.line = line;
  }
}

/** Reads a whole configuration file. Problems of its syntax go to `problems`; undefined when nothing can be made of it. */
export function readDocument(
  text: string,
  path: string,
  problems: Problems,
): MapNode | undefined {
  const at = (line: number): Origin => ({ kind: "file", path, line });
  if (text.length > MAX_CHARACTERS) {
    problems.error("the file is longer than 1 MiB: is it a configuration?", undefined, at(1));
    return undefined;
  }
  const lines = readLines(text);
  for (const line of lines.tabs) {
    problems.error("indented by a tab: YAML allows only spaces there", undefined, at(line));
  }
  for (const { key, line } of lines.duplicates) {
    problems.warn(`the key ${key} is given twice: the last one counts`, undefined, at(line));
  }
  if (lines.tabs.length > 0) return undefined;
  try {
    const node = parseNode(text, (steps) => at(lines.locate(steps)));
    if (node.kind === "map") return node;
    if (node.kind === "null") return emptyMap(at(1));
    problems.error("expected keys and values, such as `version: 0.1`", undefined, at(1));
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    problems.error(error.message, undefined, at(error.line ?? 1));
  }
  return undefined;
}

/**
 * Reads YAML. Of duplicate keys the last one counts.
 * @param originAt where the value at some path was written
 * @throws YamlError
 */
export function parseNode(text: string, originAt: (steps: Steps) => Origin): Node {
  try {
    // the same tree twice: once as YAML types it, once with every scalar as it was written
    const value = parse(text, { allowDuplicateKeys: true });
    const written = parse(text, { allowDuplicateKeys: true, schema: "failsafe" });
    return new Builder(originAt).build(value, written, []);
  } catch (error) {
    if (error instanceof YamlSyntaxError) {
      // from a quote on it cites the text, in which secrets may stand
      const message = error.message.replace(/(?: at line \d|\n| ?(?:"|!<))[\s\S]*$/, "");
      throw new YamlError(`not valid YAML: ${message}`, error.line);
    }
    if (error instanceof RangeError) throw new YamlError("not valid YAML: nested too deeply");
    throw error;
  }
}

type Mapping = Readonly<Record<string, unknown>>;

class Builder {
  readonly #originAt: (steps: Steps) => Origin;
  #values = 0;

  constructor(originAt: (steps: Steps) => Origin) {
    this.#originAt = originAt;
  }

  build(value: unknown, written: unknown, steps: Steps): Node {
    if (++this.#values > MAX_VALUES) {
      throw new YamlError(`not valid: it stands for more than ${MAX_VALUES} values`);
    }
    const origin = this.#originAt(steps);
    if (value === null || value === undefined) return { kind: "null", origin };
    if (Array.isArray(value)) {
      const texts = Array.isArray(written) ? written : [];
      const items = value.map((item, index) => this.build(item, texts[index], [...steps, index]));
      return { kind: "list", origin, items };
    }
    if (isMapping(value)) return this.#buildMap(value, written, steps, origin);
    const text = typeof written === "string" ? written : String(value);
    const typed = typeof value === "number" || typeof value === "boolean" ? value : text;
    return { kind: "scalar", origin, text, value: typed };
  }

  #buildMap(value: Mapping, written: unknown, steps: Steps, origin: Origin): MapNode {
    const entries = Object.entries(value).map(([key, item]): [string, Node] => {
      return [key, this.build(item, lookUp(written, key), [...steps, key])];
    });
    return { kind: "map", origin, entries: new Map(entries) };
  }
}

/** A plain mapping, as opposed to a Date, which the YAML parser makes of `2001-01-01`. */
function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !(value instanceof Date);
}

/** The text at a key, which may come out of a merge key that only the typed tree has resolved. */
function lookUp(written: unknown, key: string): unknown {
  if (Array.isArray(written)) {
    return written.map((part) => lookUp(part, key)).find((found) => found !== undefined);
  }
  if (!isMapping(written)) return undefined;
  if (Object.hasOwn(written, key)) return written[key];
  return Object.hasOwn(written, "<<") ? lookUp(written["<<"], key) : undefined;
}
