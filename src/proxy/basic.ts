import type { Credentials } from "./credentials.ts";

/** The value of Authorization (RFC 7617, in UTF-8). Undefined: an identity token is nothing for it. */
export function basic({ username, secret, identityToken }: Credentials): string | undefined {
  if (identityToken) return undefined;
  return `Basic ${new TextEncoder().encode(`${username}:${secret}`).toBase64()}`;
}
