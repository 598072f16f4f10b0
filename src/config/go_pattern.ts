/**
 * A regular expression in Go's syntax (RE2) as ours. What means something else here is translated, what cannot be is an error: a rule
 * that silently matches something else would let content through.
 * @throws SyntaxError with what is wrong
 */
export function goPattern(source: string): RegExp {
  const inline = /^\(\?([ims]+)\)/.exec(source);
  const flags = new Set(inline?.[1] ?? "");
  const body = source.slice(inline?.[0].length ?? 0);
  if (/\\[QEpPCG]|\(\?[ims]*U|\[\[:/.test(body)) {
    throw new SyntaxError(
      `Cannot use ${source}: it has parts of Go's syntax that are not supported`,
    );
  }
  const translated = body
    .replace(/\\([\s\S])/g, (whole, letter: string) => ESCAPES.get(letter) ?? plain(whole, letter))
    .replaceAll("(?P<", "(?<");
  // Go's $ without the flag m is the end of the text, as here
  return new RegExp(translated, ["u", ...flags].join(""));
}

const ESCAPES = new Map([["A", "(?<![\\s\\S])"], ["z", "(?![\\s\\S])"], ["a", "\\x07"]]);

/** Go lets any punctuation be escaped; with the flag `u` only what has a meaning may be. */
function plain(escape: string, letter: string): string {
  if (/[a-zA-Z0-9^$\\.*+?()[\]{}|/]/.test(letter)) return escape;
  return `\\u{${(letter.codePointAt(0) ?? 0).toString(16)}}`;
}
