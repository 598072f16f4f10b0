/** The runtime that everything was measured and tested on. */
export const TESTED = "2.9.6";

/**
 * What is weaker on an older runtime, undefined on one that is new enough.
 * @param deno its version: `2.6.10`
 */
export function describeOldRuntime(deno: string): string | undefined {
  if (!isOlder(deno, TESTED)) return undefined;
  return `Deno ${deno} is older than ${TESTED}: http.headertimeout has no effect, so that clients can hold connections with half a ` +
    "request; stalled TLS clients and certificates that change are not handled. Do not expose it to clients that you do not trust";
}

function isOlder(version: string, than: string): boolean {
  const [a, b] = [numbers(version), numbers(than)];
  const index = a.findIndex((part, position) => part !== b[position]);
  return index >= 0 && (a[index] ?? 0) < (b[index] ?? 0);
}

function numbers(version: string): number[] {
  return [0, 1, 2].map((index) => Number.parseInt(version.split(".")[index] ?? "0", 10));
}
