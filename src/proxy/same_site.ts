import { getDomain } from "tldts";

/**
 * Whether two hosts belong to the same owner as far as names tell: equal, or below the same registrable domain, by the public suffix
 * list with its private part (a.github.io and b.github.io are two owners). Addresses must be equal.
 */
export function isSameSite(a: string, b: string): boolean {
  if (a === b) return true;
  const site = getDomain(a, { allowPrivateDomains: true });
  return site !== null && site === getDomain(b, { allowPrivateDomains: true });
}
