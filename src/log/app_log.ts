import { type Clock, systemClock } from "../async/clock.ts";
import { type LineFormat, lineFormat, type LogFormat } from "./line_format.ts";
import type { Fields, Level, Logger } from "./logger.ts";

export type { LogFormat };

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

const RANK: Readonly<Record<Level, number>> = { error: 0, warn: 1, info: 2, debug: 3 };
const NONE: Fields = {};

/** The application log in the formats of distribution (logrus), safe against whatever a client puts into a value. */
export function createAppLog(options: AppLogOptions): Logger {
  return new AppLog(options, options.fields ?? NONE, new Times(options.clock ?? systemClock));
}

class AppLog implements Logger {
  readonly #rank: number;
  readonly #format: LineFormat;

  constructor(
    private readonly options: AppLogOptions,
    private readonly fields: Fields,
    private readonly times: Times,
  ) {
    this.#rank = RANK[options.level];
    this.#format = lineFormat(options.formatter, fields);
  }

  enabled(level: Level): boolean {
    return RANK[level] <= this.#rank;
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
    return new AppLog(this.options, { ...this.fields, ...fields }, this.times);
  }

  #log(level: Level, message: string, fields: Fields = NONE): void {
    if (!this.enabled(level)) return;
    this.options.write(`${this.#format(this.times.text(), level, message, fields)}\n`);
  }
}

/** The time as `2026-11-21T03:58:59.747Z`, of which all but the milliseconds changes once a second. */
class Times {
  #second = Number.NaN;
  #text = "";

  constructor(private readonly clock: Clock) {}

  text(): string {
    const now = this.clock.now();
    const second = Math.floor(now / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#text = new Date(second * 1000).toISOString().slice(0, -4);
    }
    return `${this.#text}${String(Math.floor(now - second * 1000)).padStart(3, "0")}Z`;
  }
}
