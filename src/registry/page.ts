import type { Listing, Page } from "./registry.ts";

/**
 * The part of a sorted list that a page asks for.
 * @param accepts tells entries from junk that lies among them
 */
export function pageOf<T extends string>(
  sorted: readonly string[],
  page: Page,
  accepts: (entry: string) => entry is T,
): Listing<T> {
  const limit = page.limit ?? Infinity;
  const entries: T[] = [];
  for (let i = page.last === "" ? 0 : firstAfter(sorted, page.last); i < sorted.length; i++) {
    const entry = sorted[i] ?? "";
    if (!accepts(entry)) continue;
    if (entries.length >= limit) return { entries, more: true };
    entries.push(entry);
  }
  return { entries, more: false };
}

/** Index of the first entry that sorts after `last`. */
function firstAfter(sorted: readonly string[], last: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? "") <= last) low = middle + 1;
    else high = middle;
  }
  return low;
}
