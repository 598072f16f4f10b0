/** bcrypt in the forms that htpasswd, Go and PHP write; the letters name corrections of the same algorithm. */
const HASH = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
const ALPHABET = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const SALT_LENGTH = 22;

/** What bcrypt allows. */
const [LOWEST, HIGHEST] = [4, 31];
/** Bytes of a password that bcrypt looks at. */
export const LONGEST_PASSWORD = 72;
/** Of a hash's text: `$2y$10$` and the salt. */
export const SALT_END = 29;

/** Of a bcrypt hash; undefined when the text is none. */
export function costOf(hash: string): number | undefined {
  const cost = Number(HASH.exec(hash)?.[1]);
  return cost >= LOWEST && cost <= HIGHEST ? cost : undefined;
}

/** The beginning of a hash, of the kind that Apache's htpasswd writes. */
export function randomSalt(cost: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(SALT_LENGTH));
  const text = [...bytes].map((byte) => ALPHABET.charAt(byte & 63)).join("");
  return `$2y$${twoDigits(cost)}$${text}`;
}

/** A hash that is nobody's: checking a password against it takes as long as against any of that cost. */
export function dummyHash(cost: number): string {
  return `$2y$${twoDigits(cost)}$${".".repeat(53)}`;
}

function twoDigits(cost: number): string {
  return String(cost).padStart(2, "0");
}
