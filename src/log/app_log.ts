import { type Clock, systemClock } from "../async/clock.ts";
import { escapeQuoted } from "./escape.ts";
import type { Fields, Level, Logger } from "./logger.ts";

/** `text` is logrus' key=value; `json` one object a line; `logstash` the same with `&<>` escaped, as in registry:3. */
export type LogFormat = "text" | "json" | "logstash";

export interface AppLogOptions {
  /** Lines below this are dropped. */
  readonly level: Level;
  readonly formatter: LogFormat;
  /** `log.fields` and the like: on every line. */
  readonly fields?: Fields;
  /** Gets whole lines, each with its newline. */
  readonly write: (text: string) => void;
  readonly clock?: Clock;
}

type Value = string | number | boolean;
type Format = (time: string, level: Level, message: string, fields: Fields) => string;

const RANK: Readonly<Record<Level, number>> = { error: 0, warn: 1, info: 2, debug: 3 };
/** As logrus spells them. */
const NAMES: Readonly<Record<Level, string>> = {
  error: "error",
  warn: "warning",
  info: "info",
  debug: "debug",
};
const OWN_KEYS: ReadonlySet<string> = new Set(["time", "level", "msg"]);
/** logrus quotes everything else. */
const UNQUOTED = /^[A-Za-z0-9\-._/@^+]*$/;

/** The application log in the formats of distribution (logrus), safe against whatever a client puts into a value. */
export function createAppLog(options: AppLogOptions): Logger {
  const format = options.formatter === "text"
    ? formatText
    : options.formatter === "json"
    ? formatJson
    : formatLogstash;
  return new AppLog(
    RANK[options.level],
    format,
    renamed(options.fields ?? {}),
    options.write,
    options.clock ?? systemClock,
  );
}

class AppLog implements Logger {
  constructor(
    private readonly rank: number,
    private readonly format: Format,
    private readonly fields: Fields,
    private readonly write: (text: string) => void,
    private readonly clock: Clock,
  ) {}

  enabled(level: Level): boolean {
    return RANK[level] <= this.rank;
  }

  debug(message: string, fields?: Fields): void {
    this.#log("debug", message, fields);
  }

  info(message: string, fields?: Fields): void {
    this.#log("info", message, fields);
  }

  warn(message: string, fields?: Fields): void {
    this.#log("warn", message, fields);
  }

  error(message: string, fields?: Fields): void {
    this.#log("error", message, fields);
  }

  with(fields: Fields): Logger {
    const merged = { ...this.fields, ...renamed(fields) };
    return new AppLog(this.rank, this.format, merged, this.write, this.clock);
  }

  #log(level: Level, message: string, fields: Fields | undefined): void {
    if (!this.enabled(level)) return;
    const all = fields === undefined ? this.fields : { ...this.fields, ...renamed(fields) };
    const time = new Date(this.clock.now()).toISOString();
    this.write(`${this.format(time, level, message, all)}\n`);
  }
}

/** A field must not pose as the time, level or message of its line; logrus renames it in the same way. */
function renamed(fields: Fields): Fields {
  if (!("time" in fields || "level" in fields || "msg" in fields)) return fields;
  const entries = Object.entries(fields);
  return Object.fromEntries(
    entries.map(([key, value]) => [OWN_KEYS.has(key) ? `fields.${key}` : key, value]),
  );
}

function formatText(time: string, level: Level, message: string, fields: Fields): string {
  let line = `time="${time}" level=${NAMES[level]}`;
  if (message !== "") line += ` msg=${quoteText(message)}`;
  for (const key of Object.keys(fields).sort()) {
    const value = fields[key];
    if (value !== undefined) line += ` ${safeKey(key)}=${quoteText(String(value))}`;
  }
  return line;
}

function quoteText(text: string): string {
  return UNQUOTED.test(text) ? text : `"${escapeQuoted(text)}"`;
}

/** logrus writes keys as they are; one with a space or a newline would break its line apart. */
function safeKey(key: string): string {
  return UNQUOTED.test(key) ? key : key.replace(/[^A-Za-z0-9\-._/@^+]/g, "_");
}

function formatJson(time: string, level: Level, message: string, fields: Fields): string {
  const all: Record<string, Value | undefined> = {
    ...fields,
    level: NAMES[level],
    msg: message,
    time,
  };
  let text = "";
  // By hand, since an object would put keys that look like numbers first.
  for (const key of Object.keys(all).sort()) {
    const value = all[key];
    if (value === undefined) continue;
    text += `${text === "" ? "" : ","}${quoteJson(key)}:${
      typeof value === "string" ? quoteJson(value) : JSON.stringify(value)
    }`;
  }
  return `{${text}}`;
}

/** JSON.stringify leaves DEL, the C1 controls (one is a terminal's CSI) and the two line separators as they are. */
function quoteJson(text: string): string {
  return JSON.stringify(text).replace(/[\x7f-\x9f\u2028\u2029]/g, unicodeEscape);
}

function formatLogstash(time: string, level: Level, message: string, fields: Fields): string {
  return formatJson(time, level, message, fields).replace(/[&<>]/g, unicodeEscape);
}

function unicodeEscape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
