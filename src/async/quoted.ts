const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;
// Letters, marks, numbers, punctuation, symbols and the space; thus no controls, no bidirectional overrides, no lone surrogates.
const SPECIAL = /["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu;
const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
};

/**
 * The inside of a quoted string, as Go's strconv.Quote writes it: quotes, backslashes and whatever isn't printable escaped, so that
 * nothing in it can end the string or the line, or speak to a terminal.
 */
export function escapeQuoted(text: string): string {
  return PLAIN.test(text) ? text : text.replace(SPECIAL, escapeChar);
}

function escapeChar(char: string): string {
  const short = SHORT[char];
  if (short !== undefined) return short;
  const code = char.codePointAt(0) ?? 0xfffd;
  const hex = code.toString(16);
  if (code < 0x80) return `\\x${hex.padStart(2, "0")}`;
  return code < 0x10000 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}
