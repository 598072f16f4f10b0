const PERCENT = 0x25;

/**
 * The path with its percent escapes decoded, once. Only printable ASCII can be part of a route, so an escape of anything else, or
 * half an escape, makes it undefined.
 */
export function decodePath(raw: string): string | undefined {
  let decoded = "";
  let from = 0;
  for (let at = raw.indexOf("%"); at >= 0; at = raw.indexOf("%", from)) {
    const code = hexPair(raw, at + 1);
    if (code < 0x21 || code > 0x7e) return undefined;
    // A decoded "%" would read as an escape to whoever decodes again; no name, tag or digest holds one.
    if (code === PERCENT) return undefined;
    decoded += raw.slice(from, at) + String.fromCharCode(code);
    from = at + 3;
  }
  return decoded + raw.slice(from);
}

/** The value of two hexadecimal digits, -1 when there are none. */
function hexPair(text: string, at: number): number {
  const pair = text.slice(at, at + 2);
  return /^[0-9A-Fa-f]{2}$/.test(pair) ? Number.parseInt(pair, 16) : -1;
}

/** Whether the path has empty, `.` or `..` segments. */
export function isUnclean(path: string): boolean {
  if (path.includes("//")) return true;
  return path.includes("/.") && /\/\.{1,2}(?:\/|$)/.test(path);
}

/** The path as Go's path.Clean leaves it, with the slash at its end kept. */
export function cleanPath(path: string): string {
  const kept: string[] = [];
  const parts = path.split("/");
  for (const part of parts) {
    if (part === "..") kept.pop();
    else if (part !== "" && part !== ".") kept.push(part);
  }
  if (kept.length === 0) return "/";
  return `/${kept.join("/")}${parts.at(-1) === "" ? "/" : ""}`;
}
