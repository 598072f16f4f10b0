import { format } from "@std/fmt/bytes";

/** Columns as wide as they must be, two spaces apart, the last one ragged. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0))
  );
  const line = (row: readonly string[]) =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd();
  return rows.map((row) => `${line(row)}\n`).join("");
}

/** `1.34 MB` */
export function sizeText(bytes: number): string {
  return format(bytes);
}

/** `2026-11-21 12:40:12Z`, or `-` */
export function timeText(time: number | undefined): string {
  return isoTime(time)?.replace("T", " ").replace(/\.\d+/, "") ?? "-";
}

/** For JSON; null when there is none. */
export function isoTime(time: number | undefined): string | null {
  return time === undefined || !Number.isFinite(time) ? null : new Date(time).toISOString();
}

export function jsonText(document: unknown): string {
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
