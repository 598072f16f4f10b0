/** Tokens of a pattern; all others are code points. */
const ONE = -1;
const WITHIN = -2;
const ACROSS = -3;

const SLASH = 0x2f;
const WILDCARDS = /\*\*+|\*|\?/;
const PIECES = /\*\*+|[^]/gu;

/**
 * A pattern over whole names. `*` stands for any text without a slash, `**` for any text, `?` for one character that is no slash;
 * everything else for itself. Matched state by state instead of by a RegExp, so that no name makes it take more steps than its length
 * times that of the pattern.
 */
export class Glob {
  /** What comes before the first wildcard. */
  readonly #literal: string;
  readonly #rest: readonly number[];

  constructor(pattern: string) {
    const wildcard = pattern.search(WILDCARDS);
    this.#literal = wildcard < 0 ? pattern : pattern.slice(0, wildcard);
    this.#rest = (pattern.slice(this.#literal.length).match(PIECES) ?? []).map(tokenOf);
  }

  /** Whether it matches every name there is. */
  get isEverything(): boolean {
    return this.#literal === "" && this.#rest.length === 1 && this.#rest[0] === ACROSS;
  }

  matches(name: string): boolean {
    if (!name.startsWith(this.#literal)) return false;
    const { length } = this.#literal;
    if (this.#rest.length === 0) return name.length === length;
    if (this.#rest.length === 1) {
      if (this.#rest[0] === ACROSS) return true;
      if (this.#rest[0] === WITHIN) return !name.includes("/", length);
    }
    return this.#statesAfter(name.slice(length))[this.#rest.length] === 1;
  }

  /** Whether it can match a name that begins with this folder and a slash. */
  matchesBelow(folder: string): boolean {
    const start = `${folder}/`;
    if (start.length <= this.#literal.length) return this.#literal.startsWith(start);
    if (!start.startsWith(this.#literal)) return false;
    // the last state has no way on
    return this.#statesAfter(start.slice(this.#literal.length), this.#rest.length).includes(1);
  }

  /** Which states the text leads to, up to `end`; a state is the number of tokens that are behind it. */
  #statesAfter(text: string, end = this.#rest.length + 1): Uint8Array {
    let here = new Uint8Array(this.#rest.length + 1);
    let next = new Uint8Array(this.#rest.length + 1);
    here[0] = 1;
    this.#passStars(here);
    for (const character of text) {
      this.#step(here, next, character.codePointAt(0) ?? 0);
      [here, next] = [next, here];
      next.fill(0);
    }
    return here.subarray(0, end);
  }

  #step(from: Uint8Array, to: Uint8Array, character: number): void {
    for (let state = 0; state < this.#rest.length; state++) {
      if (from[state] === 0) continue;
      const token = this.#rest[state];
      if (token === ACROSS || (token === WITHIN && character !== SLASH)) to[state] = 1;
      else if (token === character || (token === ONE && character !== SLASH)) to[state + 1] = 1;
    }
    this.#passStars(to);
  }

  /** A star stands for nothing, too. */
  #passStars(states: Uint8Array): void {
    for (let state = 0; state < this.#rest.length; state++) {
      const token = this.#rest[state];
      if (states[state] === 1 && (token === WITHIN || token === ACROSS)) states[state + 1] = 1;
    }
  }
}

function tokenOf(piece: string): number {
  if (piece === "?") return ONE;
  if (piece === "*") return WITHIN;
  return piece.startsWith("**") ? ACROSS : piece.codePointAt(0) ?? 0;
}
