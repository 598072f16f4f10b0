import { costOf } from "./bcrypt_hash.ts";

/** The users of a file. */
export interface Users {
  /** bcrypt hashes by name. */
  readonly hashes: ReadonlyMap<string, string>;
  /** Among them; that of distribution's default user when there are none. */
  readonly highestCost: number;
}

/**
 * Each step doubles the time: 14 takes about a second of a core for each wrong password, 15 two, and 17, the highest that Apache's
 * htpasswd writes, eight. Whoever may guess would keep the checks of all others waiting for so long.
 */
export const HIGHEST_COST = 14;
/** Of a user without an entry in an empty file, and of new entries: what Go's bcrypt takes by default. */
export const DEFAULT_COST = 10;

/** So many problems are told at once. */
const MOST_TOLD = 5;

/** Line by line, what a file of htpasswd consists of. */
export interface Line {
  /** From 1. */
  readonly number: number;
  /** As it stands there, without its end. */
  readonly text: string;
  /** Of an entry; undefined for blank lines, comments and what has no colon. */
  readonly user?: string;
  readonly hash?: string;
  readonly isBlank: boolean;
}

/** Takes a byte order mark and both kinds of line ends. */
export function linesOf(content: string): Line[] {
  const texts = content.replace(/^\ufeff/, "").split(/\r?\n/);
  if (texts.at(-1) === "") texts.pop();
  return texts.map((text, index) => {
    const trimmed = text.trim();
    const number = index + 1;
    if (trimmed === "" || trimmed.startsWith("#")) return { number, text, isBlank: true };
    const colon = trimmed.indexOf(":");
    if (colon < 0) return { number, text, isBlank: false };
    const [user, hash] = [trimmed.slice(0, colon), trimmed.slice(colon + 1)];
    return { number, text, user, hash, isBlank: false };
  });
}

/**
 * Reads a file of users with bcrypt hashes. Of a user with several lines the last one counts, as in distribution.
 * @throws Error with a sentence per problem; no part of an entry but its user is in it
 */
export function parseHtpasswd(content: Uint8Array, path: string): Users {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch {
    throw new Error(`Cannot use ${path}: it is not UTF-8 text`);
  }
  const hashes = new Map<string, string>();
  const problems: string[] = [];
  let highest = 0;
  for (const line of linesOf(text)) {
    const problem = problemOf(line);
    if (problem !== undefined) problems.push(`${path}:${line.number}: ${problem}`);
    if (line.user === undefined || line.hash === undefined) continue;
    hashes.set(line.user, line.hash);
    highest = Math.max(highest, costOf(line.hash) ?? 0);
  }
  if (problems.length > 0) throw new Error(tell(problems));
  return { hashes, highestCost: highest || DEFAULT_COST };
}

function problemOf({ user, hash, isBlank }: Line): string | undefined {
  if (isBlank) return undefined;
  // the text itself may be a password
  if (user === undefined || hash === undefined) {
    return "found a line without a colon, expected USER:HASH. Remove it, or make it a comment by #";
  }
  const name = JSON.stringify(user);
  if (user === "") return `found an entry without a user, expected USER:HASH. Remove it`;
  const cost = costOf(hash);
  if (cost === undefined) {
    return `${name} has ${kindOf(hash)}, expected a bcrypt hash. ${advice(user)}`;
  }
  if (cost <= HIGHEST_COST) return undefined;
  const seconds = Math.round(2 ** (cost - HIGHEST_COST));
  return `${name} has a bcrypt hash of cost ${cost}, expected at most ${HIGHEST_COST}: each check would take about ` +
    `${seconds} seconds. ${advice(user)}`;
}

function advice(user: string): string {
  return `Make it anew: berth htpasswd -B FILE ${/^[\w.@-]+$/.test(user) ? user : "USER"}`;
}

/** By what it starts with; never the hash. */
function kindOf(hash: string): string {
  if (hash === "") return "no hash";
  if (/^\$apr1\$|^\$1\$/.test(hash)) return "an MD5 hash";
  if (/^\{S?SHA\}/i.test(hash)) return "a SHA-1 hash";
  if (/^\$[56]\$/.test(hash)) return "a SHA-2 crypt hash";
  if (/^\$2[abxy]?\$/.test(hash)) {
    return "a bcrypt hash that is damaged or of a kind that is not supported";
  }
  if (/^\$argon2/.test(hash)) return "an Argon2 hash";
  return "a plain password or the hash of crypt";
}

function tell(problems: readonly string[]): string {
  const more = problems.length - MOST_TOLD;
  const told = problems.slice(0, MOST_TOLD).join("; ");
  return more > 0 ? `${told}; and ${more} more` : told;
}
