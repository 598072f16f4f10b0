/** A strict reader of Prometheus' text format 0.0.4, for tests. */

export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Exposition {
  readonly series: readonly Series[];
  /** By name and labels. */
  readonly values: ReadonlyMap<string, number>;
  /** By the name that stands in `# TYPE`. */
  readonly types: ReadonlyMap<string, string>;
  readonly help: ReadonlyMap<string, string>;
}

const SERIES = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/y;
const SUFFIXES = /_(?:bucket|sum|count)$/;

/** @throws with the line that is no valid one, that comes twice, or that has no type */
export function parseExposition(text: string): Exposition {
  if (!text.endsWith("\n")) throw new Error("the last line does not end");
  const types = new Map<string, string>();
  const help = new Map<string, string>();
  const series = new Map<string, Series>();
  for (const line of text.split("\n")) {
    const comment = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line);
    if (line === "") continue;
    if (comment) {
      const [, kind, name = "", rest = ""] = comment;
      const into = kind === "HELP" ? help : types;
      if (into.has(name)) throw new Error(`twice: ${line}`);
      into.set(name, rest);
      continue;
    }
    const one = parseSeries(line);
    const key = keyOf(one.name, one.labels);
    if (series.has(key)) throw new Error(`twice: ${line}`);
    if (typeOf(one.name, types) === undefined) throw new Error(`without a type: ${line}`);
    series.set(key, one);
  }
  const values = new Map([...series].map(([key, { value }]) => [key, value]));
  return { series: [...series.values()], values, types, help };
}

/** The type of the metric that a series belongs to. */
export function typeOf(name: string, types: ReadonlyMap<string, string>): string | undefined {
  const ofParts = types.get(name.replace(SUFFIXES, ""));
  return ofParts === "histogram" || ofParts === "summary" ? ofParts : types.get(name);
}

/** The value of one series; undefined when there is none with these very labels. */
export function valueOf(
  { values }: Exposition,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  return values.get(keyOf(name, labels));
}

function keyOf(name: string, labels: Readonly<Record<string, string>>): string {
  return JSON.stringify([name, Object.entries(labels).sort()]);
}

function parseSeries(line: string): Series {
  const [, name, labelText = "", valueText] = SERIES.exec(line) ?? [];
  if (name === undefined || valueText === undefined) throw new Error(`no series: ${line}`);
  const value = valueText === "+Inf" ? Infinity : Number(valueText);
  if (Number.isNaN(value)) throw new Error(`no number: ${line}`);
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < labelText.length) {
    const [, label, escaped] = LABEL.exec(labelText) ?? [];
    if (label === undefined || escaped === undefined) throw new Error(`bad labels: ${line}`);
    labels[label] = escaped.replace(/\\(.)/g, (_, it) => it === "n" ? "\n" : it);
  }
  return { name, labels, value };
}
