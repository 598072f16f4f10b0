/** Longest header that is looked at. */
const MAX_LENGTH = 8_192;

/** The target of `rel=next` in a Link header (RFC 8288), as it stands there; undefined when there is none. */
export function nextLink(header: string | null): string | undefined {
  if (header === null || header.length > MAX_LENGTH) return undefined;
  const links = /<([^<>]*)>((?:[^",<]|"(?:[^"\\]|\\[^])*")*)/g;
  for (const [, target, parameters = ""] of header.matchAll(links)) {
    const rel = parameters.match(/;[ \t]*rel[ \t]*=[ \t]*(?:"([^"]*)"|([^\s;,"]+))/i);
    const kinds = (rel?.[1] ?? rel?.[2] ?? "").toLowerCase().split(/[ \t]+/);
    if (kinds.includes("next")) return target;
  }
  return undefined;
}
