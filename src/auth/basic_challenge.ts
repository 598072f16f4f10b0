import { escapeQuoted } from "../async/quoted.ts";

/**
 * WWW-Authenticate as distribution writes it (registry/auth/htpasswd/access.go: `%q`). Headers are bytes: each character of the result
 * is one of its UTF-8.
 */
export function basicChallenge(realm: string): string {
  const text = `Basic realm="${escapeQuoted(realm)}"`;
  return String.fromCharCode(...new TextEncoder().encode(text));
}
