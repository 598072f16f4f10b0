const UPPER = /[A-Z]/;

/**
 * Why a pattern of `access[].repositories` can match no repository name (oci/reference.ts has the grammar), for what is often meant
 * otherwise; undefined when it may match some, or is empty, which is told elsewhere.
 */
export function whyUnmatched(pattern: string): string | undefined {
  if (pattern === "") return undefined;
  if (pattern.startsWith("/")) return "a name does not begin with a slash";
  if (pattern.endsWith("/")) {
    return `a name does not end with a slash, ${JSON.stringify(`${pattern}**`)} is all below it`;
  }
  if (pattern.includes("//")) return "a name has no empty component";
  const [odd] = /[^A-Za-z0-9._/*?-]/u.exec(pattern) ?? [];
  if (odd !== undefined) {
    return `a name has no ${/\s/u.test(odd) ? "spaces" : JSON.stringify(odd)}`;
  }
  return hasUpperCase(pattern)
    ? "a name has lower case only, but for a domain before its first slash"
    : undefined;
}

/** Other than in a first component with another behind it, which `**` may stand for. */
function hasUpperCase(pattern: string): boolean {
  const slash = pattern.indexOf("/");
  if (slash >= 0) return UPPER.test(pattern.slice(slash));
  return UPPER.test(pattern.slice(Math.max(pattern.lastIndexOf("**"), 0)));
}
