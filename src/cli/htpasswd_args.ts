import { DEFAULT_COST, HIGHEST_COST } from "../auth/htpasswd/htpasswd_file.ts";

/** What `htpasswd` is asked to do. */
export interface HtpasswdRequest {
  readonly action: "set" | "delete" | "verify";
  /** Undefined: the entry is written to stdout. */
  readonly file: string | undefined;
  readonly user: string;
  readonly source: PasswordSource;
  /** Start with an empty file. */
  readonly create: boolean;
  readonly cost: number;
  /** Whether bcrypt was asked for. */
  readonly isBcryptNamed: boolean;
}

export type PasswordSource =
  | { readonly kind: "argument"; readonly password: string }
  | { readonly kind: "stdin" }
  | { readonly kind: "terminal" };

/** Flags without a value, by letter. */
const FLAGS = "cnbiBDv";
/** Apache's, of hashes that no registry checks; `r` has a value. */
const OTHER_HASHES: Readonly<Record<string, string>> = {
  m: "MD5",
  s: "SHA-1",
  d: "crypt",
  p: "a plain password",
  "2": "SHA-256 crypt",
  "5": "SHA-512 crypt",
  r: "SHA-2 crypt",
};
const CLASHES: readonly (readonly [string, string])[] = [
  ["c", "n"],
  ["b", "i"],
  ["D", "v"],
  ["D", "c"],
  ["D", "n"],
  ["D", "b"],
  ["D", "i"],
  ["v", "c"],
  ["v", "n"],
];

/** The command line was not understood; the message is a sentence, without a password. */
export class HtpasswdUsageError extends Error {
  override readonly name = "HtpasswdUsageError";
}

/** Reads the arguments as Apache's htpasswd does: flags first, several in one word. @throws HtpasswdUsageError */
export function parseHtpasswdArgs(args: readonly string[]): HtpasswdRequest {
  const { flags, cost, rest } = splitFlags(args);
  const clash = CLASHES.find(([a, b]) => flags.has(a) && flags.has(b));
  if (clash !== undefined) {
    throw new HtpasswdUsageError(`Cannot use -${clash[0]} and -${clash[1]} at once`);
  }
  const names = [
    ...(flags.has("n") ? [] : ["FILE"]),
    "USER",
    ...(flags.has("b") ? ["PASSWORD"] : []),
  ];
  if (rest.length !== names.length) {
    throw new HtpasswdUsageError(
      `Expected ${names.join(" ")} after the flags, found ${rest.length} arguments`,
    );
  }
  const argument = (name: string) => rest[names.indexOf(name)];
  const password = argument("PASSWORD");
  return {
    action: flags.has("D") ? "delete" : flags.has("v") ? "verify" : "set",
    file: argument("FILE"),
    user: argument("USER") ?? "",
    source: password !== undefined
      ? { kind: "argument", password }
      : { kind: flags.has("i") ? "stdin" : "terminal" },
    create: flags.has("c"),
    cost: cost === undefined ? DEFAULT_COST : parseCost(cost),
    isBcryptNamed: flags.has("B"),
  };
}

interface SplitFlags {
  readonly flags: ReadonlySet<string>;
  readonly cost: string | undefined;
  readonly rest: readonly string[];
}

function splitFlags(args: readonly string[]): SplitFlags {
  const flags = new Set<string>();
  let cost: string | undefined;
  let index = 0;
  for (; index < args.length; index++) {
    const word = args[index] ?? "";
    if (word === "--") return { flags, cost, rest: args.slice(index + 1) };
    if (!word.startsWith("-") || word === "-") break;
    if (word.startsWith("--")) throw new HtpasswdUsageError(`Unknown flag ${word}`);
    for (let at = 1; at < word.length; at++) {
      const letter = word.charAt(at);
      if (letter === "C") {
        cost = word.slice(at + 1) || (args[++index] ?? "");
        break;
      }
      checkFlag(letter);
      flags.add(letter);
    }
  }
  return { flags, cost, rest: args.slice(index) };
}

function checkFlag(letter: string): void {
  const other = OTHER_HASHES[letter];
  if (other !== undefined) {
    throw new HtpasswdUsageError(
      `Cannot use -${letter}: it is for ${other}, and a registry accepts bcrypt only. Use -B`,
    );
  }
  if (!FLAGS.includes(letter)) throw new HtpasswdUsageError(`Unknown flag -${letter}`);
}

function parseCost(text: string): number {
  const cost = /^\d{1,2}$/.test(text) ? Number(text) : NaN;
  if (cost >= 4 && cost <= HIGHEST_COST) return cost;
  throw new HtpasswdUsageError(
    `Cannot use this cost: expected -C and a number from 4 to ${HIGHEST_COST}`,
  );
}
