/**
 * Header names in their canonical spelling with all their values: `x-a: [1]` and `X-A: [2]` are one header with two.
 * A text is what is wrong, for behind the path.
 */
export function readHeaders(
  lists: readonly (readonly [string, readonly string[]])[],
): Readonly<Record<string, readonly string[]>> | string {
  const result = new Map<string, readonly string[]>();
  for (const [name, values] of lists) {
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) {
      return `found ${JSON.stringify(name)}, expected the name of a header`;
    }
    // a line break in a value would begin another header
    // deno-lint-ignore no-control-regex
    if (values.some((value) => /[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]/.test(value))) {
      return `found a value at ${name} with characters that a header cannot have`;
    }
    const canonical = canonicalName(name);
    result.set(canonical, [...(result.get(canonical) ?? []), ...values]);
  }
  return Object.fromEntries(result);
}

/** As Go's net/http spells it: `x-content-type-options` is `X-Content-Type-Options`. */
function canonicalName(name: string): string {
  return name.toLowerCase()
    .replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase());
}
