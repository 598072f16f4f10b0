import type { Row } from "./bench.ts";
import { median } from "./load.ts";

/** What was measured for a row: the figures of each round by contestant; none when it didn't take part or failed. */
export interface Result {
  readonly row: Row;
  readonly figures: ReadonlyMap<string, readonly number[]>;
}

/** Peak memory, in bytes, by contestant, for the rows that were measured on one server. */
export interface Peak {
  readonly ids: string;
  readonly bytes: ReadonlyMap<string, number>;
}

/** A table in Markdown: medians, the ratio of the first name to the best other, the goal, and whether it is reached. */
export function resultTable(names: readonly string[], results: readonly Result[]): string {
  const [own = "", ...peers] = names;
  const lines = results.map(({ row, figures }) => {
    const values = new Map(names.map((name) => [name, median(figures.get(name) ?? [])]));
    const value = values.get(own) ?? NaN;
    const best = bestOf(row, peers.map((name) => values.get(name) ?? NaN));
    return [
      row.id,
      row.work,
      row.unit,
      ...names.map((name) => format(values.get(name) ?? NaN)),
      format(value / best),
      goalText(row),
      verdict(row, value, value / best),
    ];
  });
  const title = ["#", "work", "unit", ...names, "ratio", "goal", "reached"];
  return markdown(title, lines);
}

export function peakTable(names: readonly string[], peaks: readonly Peak[]): string {
  const lines = peaks.map(({ ids, bytes }) => [
    ids,
    ...names.map((name) => format((bytes.get(name) ?? NaN) / 1e6)),
  ]);
  return markdown(["peak RSS, MB", ...names], lines);
}

function markdown(title: readonly string[], lines: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(title), line(title.map(() => "---")), ...lines.map(line)].join("\n");
}

function bestOf({ better }: Row, values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value));
  if (known.length === 0) return NaN;
  return better === "more" ? Math.max(...known) : Math.min(...known);
}

function goalText({ better, goal, unit }: Row): string {
  const sign = better === "more" ? "≥" : "≤";
  const parts = [];
  if (goal.ratio !== undefined) parts.push(`${sign} ${goal.ratio} × best peer`);
  if (goal.absolute !== undefined) parts.push(`${sign} ${format(goal.absolute)} ${unit}`);
  return parts.join(", ");
}

function verdict({ better, goal }: Row, value: number, ratio: number): string {
  const reached = (figure: number, bound: number | undefined) =>
    bound === undefined || (better === "more" ? figure >= bound : figure <= bound);
  if (goal.ratio === undefined && goal.absolute === undefined) return "-";
  if (Number.isNaN(value) || (goal.ratio !== undefined && Number.isNaN(ratio))) return "-";
  return reached(ratio, goal.ratio) && reached(value, goal.absolute) ? "yes" : "**no**";
}

/** Three digits that mean something; "-" for what isn't there. */
function format(value: number): string {
  if (!Number.isFinite(value)) return "-";
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(3)));
}
