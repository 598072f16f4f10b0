/** One challenge of a WWW-Authenticate header (RFC 9110 section 11.6.1). */
export interface Challenge {
  /** Lower case: `bearer`. */
  readonly scheme: string;
  /** Names in lower case; of a name that comes twice the first one. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly token68?: string;
}

/** Longest header that is looked at; real ones have a few hundred characters. */
const MAX_LENGTH = 8_192;

/**
 * Reads all challenges of a header's value, of several headers too, which `fetch` joins by ", ". Takes any text: what makes no sense is
 * passed over. Takes time in proportion to the length.
 */
export function parseChallenges(header: string): Challenge[] {
  return header.length > MAX_LENGTH ? [] : new Parser(header).parse();
}

const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const TOKEN68 = /[A-Za-z0-9._~+/-]+=*/y;
const BLANKS = /[ \t]*/y;
const SEPARATORS = /[ \t,]*/y;
const QUOTED = /"((?:[^"\\]|\\[^])*)"/y;
const NONSENSE = /[^,]+/y;

class Parser {
  #at = 0;
  readonly #found: {
    scheme: string;
    parameters: Map<string, string>;
    token68?: string;
  }[] = [];

  constructor(private readonly text: string) {}

  parse(): Challenge[] {
    for (this.#take(SEPARATORS); this.#at < this.text.length; this.#take(SEPARATORS)) {
      if (!this.#parameter() && !this.#challenge()) this.#take(NONSENSE);
    }
    return this.#found;
  }

  /** `name = value`, which belongs to the challenge before it. */
  #parameter(): boolean {
    const start = this.#at;
    const name = this.#take(TOKEN);
    this.#take(BLANKS);
    if (name === undefined || this.text[this.#at] !== "=") return this.#back(start);
    this.#at++;
    this.#take(BLANKS);
    const value = this.#value();
    if (value === undefined) return this.#back(start);
    const parameters = this.#found.at(-1)?.parameters;
    if (parameters?.has(name.toLowerCase()) === false) parameters.set(name.toLowerCase(), value);
    return true;
  }

  #value(): string | undefined {
    const quoted = this.#take(QUOTED);
    return quoted === undefined ? this.#take(TOKEN) : quoted.slice(1, -1).replace(/\\([^])/g, "$1");
  }

  /** `scheme`, and what is its own: a token68 or the first parameter, which the next round reads. */
  #challenge(): boolean {
    const from = this.#at;
    const scheme = this.#take(TOKEN);
    if (scheme === undefined) return false;
    if (this.text[this.#at] === "=") return this.#back(from); // a parameter without a value
    const challenge = { scheme: scheme.toLowerCase(), parameters: new Map<string, string>() };
    this.#found.push(challenge);
    if (this.#take(BLANKS) === "") return true;
    if (this.#parameter()) return true;
    const start = this.#at;
    const token68 = this.#take(TOKEN68);
    if (token68 === undefined) return true;
    this.#take(BLANKS);
    const ends = this.#at === this.text.length || this.text[this.#at] === ",";
    if (ends) Object.assign(challenge, { token68 });
    else this.#back(start);
    return true;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #back(to: number): false {
    this.#at = to;
    return false;
  }
}
