import type { Field } from "./fields/field.ts";
import { environmentVariable, fieldsOf, makeSchema } from "./schema.ts";

/** All options as a Markdown table, for the README. */
export function renderMarkdown(): string {
  const rows = options().map(({ path, field }) => {
    const cells = [
      `\`${path}\``,
      describeType(field),
      code(describeDefault(field)),
      field.since,
      describe(field),
    ];
    return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`;
  });
  return "| option | type | default | since | what it does |\n|---|---|---|---|---|\n" +
    rows.join("");
}

/** All options as plain text, for `help config`; `only` narrows it to paths that contain it. */
export function renderText(only = ""): string {
  return options()
    .filter(({ path }) => path.includes(only))
    .map(({ path, field }) => {
      const fallback = describeDefault(field);
      const about = [
        describeType(field),
        fallback === "" ? "" : `default ${fallback}`,
        field.since,
      ];
      return `${path}  (${about.filter((part) => part !== "").join("; ")})\n` +
        `    ${environmentVariable(path)}${suffix(field)}\n` +
        `    ${describe(field)}\n`;
    })
    .join("\n");
}

function options(): { path: string; field: Field }[] {
  return [...fieldsOf(makeSchema())];
}

function describeType(field: Field): string {
  if (field.values !== undefined) return field.values.join(", ");
  const names = {
    text: "text",
    choice: "text",
    bool: "true, false",
    int: "number",
    duration: "duration",
    size: "size",
    list: "list",
    patterns: "list of patterns",
    headers: "names with lists",
    map: "mapping",
    section: "section",
  };
  return names[field.type];
}

function describeDefault({ default: value }: Field): string {
  if (value === undefined || value === "") return "";
  return String(value);
}

function code(text: string): string {
  return text === "" ? "" : `\`${text}\``;
}

function describe(field: Field): string {
  return field.status === "later" ? `${field.help} Not built yet.` : field.help;
}

/** What comes after the variable's name when the option is a mapping. */
function suffix({ type }: Field): string {
  return type === "headers" || type === "map" ? "_<NAME>" : "";
}
