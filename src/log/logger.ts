/** Values that go into a log line beside its message. Undefined ones are left out. */
export type Fields = Readonly<Record<string, string | number | boolean | undefined>>;

export type Level = "error" | "warn" | "info" | "debug";

/** The application log. Passed in, never imported as a global. */
export interface Logger {
  /** False when a line of this level would be dropped, so that the caller need not build it. */
  enabled(level: Level): boolean;
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** A logger that adds `fields` to each of its lines. */
  with(fields: Fields): Logger;
}
