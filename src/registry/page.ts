import type { Listing, Page } from "./registry.ts";

/** The part of a sorted list that a page asks for. */
export function pageOf<T extends string>(sorted: readonly T[], page: Page): Listing<T> {
  const start = page.last === "" ? 0 : firstAfter(sorted, page.last);
  const end = page.limit === undefined
    ? sorted.length
    : Math.min(sorted.length, start + page.limit);
  return { entries: sorted.slice(start, end), more: end < sorted.length };
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
