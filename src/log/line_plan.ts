import type { Fields } from "./logger.ts";

export type Value = string | number | boolean;

/** What every line has beside its fields. */
export type OwnKey = "time" | "level" | "msg";

/** One place in a line. */
export interface Slot {
  /** What follows the text: a field, something of the line's own, or nothing. */
  readonly field?: string;
  readonly own?: OwnKey;
  /** The label, with its value if that is always the same. */
  readonly text: string;
}

/** How a format writes. */
export interface Notation {
  /** Of the line's own, those that are sorted among the fields. */
  readonly own: readonly OwnKey[];
  label(name: string): string;
  value(value: Value): string;
}

const OWN_KEYS: ReadonlySet<string> = new Set<OwnKey>(["time", "level", "msg"]);
/** Plans kept at a time; a program has a handful of kinds of lines, and most lines are of one kind. */
const MOST_PLANS = 16;

interface Plan {
  readonly keys: readonly string[];
  readonly slots: readonly Slot[];
}

/**
 * Remembers in what order, and after what labels, the fields of a line go, by the names of the fields. To sort them anew for every
 * line would be most of its cost.
 */
export class LinePlans {
  #plans: readonly Plan[] = [];

  /** @param base on every line, unless the line has a field of the same name */
  constructor(private readonly base: Fields, private readonly notation: Notation) {}

  of(fields: Fields): readonly Slot[] {
    const keys = Object.keys(fields);
    for (const plan of this.#plans) {
      if (isSame(plan.keys, keys)) return plan.slots;
    }
    const slots = makeSlots(this.base, keys, this.notation);
    this.#plans = [{ keys, slots }, ...this.#plans.slice(0, MOST_PLANS - 1)];
    return slots;
  }
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return false;
  }
  return true;
}

function makeSlots(base: Fields, keys: readonly string[], notation: Notation): Slot[] {
  const named: [name: string, slot: Slot][] = [];
  for (const own of notation.own) named.push([own, { own, text: notation.label(own) }]);
  for (const field of keys) {
    const name = nameOf(field);
    named.push([name, { field, text: notation.label(name) }]);
  }
  for (const [key, value] of Object.entries(base)) {
    if (value === undefined || keys.includes(key)) continue;
    const name = nameOf(key);
    named.push([name, { text: notation.label(name) + notation.value(value) }]);
  }
  return named.sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0).map(([, slot]) => slot);
}

/** A field must not pose as the time, level or message of its line; logrus renames it in the same way. */
function nameOf(key: string): string {
  return OWN_KEYS.has(key) ? `fields.${key}` : key;
}
