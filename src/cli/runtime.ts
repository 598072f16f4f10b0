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

/**
 * Why TLS is not to be served on an older runtime, undefined on one that is new enough.
 * @param deno its version: `2.6.10`
 */
export function refuseTlsOn(deno: string): string | undefined {
  if (!isOlder(deno, TESTED)) return undefined;
  return `Cannot serve TLS on Deno ${deno}: it lets in clients without the certificate that http.tls.clientcas asks for, and reads ` +
    `no certificate again. Use Deno ${TESTED} or newer, or let a proxy in front of it speak TLS`;
}

function isOlder(version: string, than: string): boolean {
  const [a, b] = [numbers(version), numbers(than)];
  const index = a.findIndex((part, position) => part !== b[position]);
  return index >= 0 && (a[index] ?? 0) < (b[index] ?? 0);
}

function numbers(version: string): number[] {
  return [0, 1, 2].map((index) => Number.parseInt(version.split(".")[index] ?? "0", 10));
}
