/** Where a key comes from: in both distributions, new in version 3, only in 2.8, or ours. */
export type Since = "registry:2" | "registry:3" | "registry:2 only" | "berth";

/** `built`: it does what it says. `inert`: accepted, and berth has no use for it. `later`: named, not built yet. */
export type Status = "built" | "inert" | "later";

/**
 * `text` takes any scalar as written, `size` is bytes with or without a unit, `list` is a list of texts, `patterns` one of Go regular expressions, `headers` a map of header
 * names to lists, `map` holds whatever the user puts there, `section` is a mapping that may be empty (a driver's name).
 */
export type FieldType =
  | "text"
  | "choice"
  | "bool"
  | "int"
  | "duration"
  | "size"
  | "list"
  | "patterns"
  | "headers"
  | "map"
  | "section";

/** One option. The tables of these are the only list of options: everything that knows a key knows it from here. */
export interface Field {
  readonly type: FieldType;
  /** As it would stand in YAML (durations as text); absent when the key has no default. */
  readonly default?: string | number | boolean | readonly string[];
  readonly help: string;
  readonly since: Since;
  readonly status: Status;
  /** For `choice`. */
  readonly values?: readonly string[];
  /** For `choice`: any case will do, lower case comes out. */
  readonly anyCase?: true;
  /** For `int`; for `duration` in milliseconds. */
  readonly min?: number;
  readonly max?: number;
  /** Its value is never printed. */
  readonly secret?: true;
  /** A value that is no YAML boolean counts as off in distribution, without a word: a warning here, and off. */
  readonly offUnlessBool?: true;
  /** A number in quotes will do, as for distribution's driver parameters. */
  readonly numericText?: true;
}

/** Options by path. `a.b[].c` is key `c` of each element of the list `a.b`. */
export type FieldTable = Readonly<Record<string, Field>>;
