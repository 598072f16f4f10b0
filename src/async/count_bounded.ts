/**
 * Options of an LRUCache that holds so many entries at most. Its own `max` makes room for all of them at once: milliseconds of every
 * start, and megabytes.
 */
export function countBounded(entries: number): { maxSize: number; sizeCalculation: () => number } {
  return { maxSize: entries, sizeCalculation: () => 1 };
}
