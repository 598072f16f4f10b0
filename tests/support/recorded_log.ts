import type { Fields, Level, Logger } from "../../src/log/logger.ts";

/** A log in memory: each line of a level that is enabled, with its level and its fields. */
export class RecordedLog implements Logger {
  readonly lines: string[] = [];

  constructor(private readonly levels: readonly Level[] = ["error", "warn", "info", "debug"]) {}

  enabled(level: Level): boolean {
    return this.levels.includes(level);
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

  with(): Logger {
    return this;
  }

  #log(level: Level, message: string, fields: Fields = {}): void {
    if (this.enabled(level)) this.lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  }
}
