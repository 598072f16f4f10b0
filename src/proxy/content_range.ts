/** Bytes `start` (inclusive) to `end` (exclusive) of `total`, which may not be known. */
export interface ContentRange {
  readonly start: number;
  readonly end: number;
  readonly total: number | undefined;
}

/** `bytes 5-9/20` or `bytes 5-9/*`; undefined when it is anything else or contradicts itself. */
export function parseContentRange(value: string | null): ContentRange | undefined {
  const [, first, last, total] = value?.match(/^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/) ?? [];
  if (first === undefined || last === undefined || total === undefined) return undefined;
  const range = {
    start: Number(first),
    end: Number(last) + 1,
    total: total === "*" ? undefined : Number(total),
  };
  const fits = range.start < range.end && range.end <= (range.total ?? Infinity);
  return fits ? range : undefined;
}

/** The total that a 416 names: `bytes` and `*` in place of the range. */
export function unsatisfiedTotal(value: string | null): number | undefined {
  const digits = value?.match(/^bytes \*\/(\d{1,15})$/)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** A Content-Length; undefined when there is none that can be trusted. */
export function parseLength(value: string | null): number | undefined {
  return value !== null && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}
