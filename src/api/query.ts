/** The first value of a parameter of the raw query text, undefined when it isn't there. */
export function queryValue(query: string, name: string): string | undefined {
  if (query === "") return undefined;
  return new URLSearchParams(query).get(name) ?? undefined;
}

/** All values of a parameter of the raw query text, in their order. */
export function queryValues(query: string, name: string): string[] {
  return query === "" ? [] : new URLSearchParams(query).getAll(name);
}
