import { escapeQuoted } from "../async/quoted.ts";
import { LinePlans, type Notation, type Value } from "./line_plan.ts";
import type { Fields, Level } from "./logger.ts";

/** `text` is logrus' key=value; `json` one object a line; `logstash` the same with `&<>` escaped, as in registry:3. */
export type LogFormat = "text" | "json" | "logstash";

/** Makes a line, without its newline. */
export type LineFormat = (time: string, level: Level, message: string, fields: Fields) => string;

/** @param base on every line, unless the line has a field of the same name */
export function lineFormat(format: LogFormat, base: Fields): LineFormat {
  if (format === "text") return textFormat(base);
  const json = jsonFormat(base);
  if (format === "json") return json;
  return (...line) => json(...line).replace(/[&<>]/g, unicodeEscape);
}

/** As logrus spells them. */
const NAMES: Readonly<Record<Level, string>> = {
  error: "error",
  warn: "warning",
  info: "info",
  debug: "debug",
};

/** logrus quotes everything else. */
const UNQUOTED = /^[A-Za-z0-9\-._/@^+]*$/;

const TEXT: Notation = {
  own: [],
  // logrus writes keys as they are; one with a space or a newline would break its line apart.
  label: (name) => ` ${name.replace(/[^A-Za-z0-9\-._/@^+]/g, "_")}=`,
  value: (value) => typeof value === "string" ? quoteText(value) : String(value),
};

function textFormat(base: Fields): LineFormat {
  const plans = new LinePlans(base, TEXT);
  return (time, level, message, fields) => {
    let line = `time="${time}" level=${NAMES[level]}`;
    if (message !== "") line += ` msg=${quoteText(message)}`;
    for (const { field, text } of plans.of(fields)) {
      if (field === undefined) {
        line += text;
        continue;
      }
      const value = fields[field];
      if (value !== undefined) line += text + TEXT.value(value);
    }
    return line;
  };
}

function quoteText(text: string): string {
  return UNQUOTED.test(text) ? text : `"${escapeQuoted(text)}"`;
}

const JSON_LINE: Notation = {
  own: ["time", "level", "msg"],
  label: (name) => `,${quoteJson(name)}:`,
  value: (value) => typeof value === "string" ? quoteJson(value) : JSON.stringify(value),
};

function jsonFormat(base: Fields): LineFormat {
  const plans = new LinePlans(base, JSON_LINE);
  return (time, level, msg, fields) => {
    const own = { time, level: NAMES[level], msg };
    let line = "";
    for (const slot of plans.of(fields)) {
      const value: Value | undefined = slot.own === undefined
        ? slot.field === undefined ? undefined : fields[slot.field]
        : own[slot.own];
      if (value !== undefined) line += slot.text + JSON_LINE.value(value);
      else if (slot.field === undefined) line += slot.text;
    }
    return `{${line.slice(1)}}`;
  };
}

/** JSON.stringify leaves DEL, the C1 controls (one is a terminal's CSI) and the two line separators as they are. */
function quoteJson(text: string): string {
  return JSON.stringify(text).replace(/[\x7f-\x9f\u2028\u2029]/g, unicodeEscape);
}

function unicodeEscape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
