/** A Bearer challenge (RFC 6750 section 3), in distribution's order. */
export interface BearerChallenge {
  readonly realm: string;
  readonly service: string;
  readonly scope?: string | undefined;
  readonly error?: "invalid_token" | "insufficient_scope" | undefined;
}

/** The value of WWW-Authenticate. */
export function bearerChallenge({ realm, service, scope, error }: BearerChallenge): string {
  const parts = [`realm=${quoted(realm)}`, `service=${quoted(service)}`];
  if (scope !== undefined) parts.push(`scope=${quoted(scope)}`);
  if (error !== undefined) parts.push(`error=${quoted(error)}`);
  return `Bearer ${parts.join(",")}`;
}

/** A quoted-string (RFC 9110 section 5.6.4). What is not ASCII goes out as UTF-8, as from distribution; controls are left out. */
function quoted(text: string): string {
  const bytes = new TextEncoder().encode(text);
  const characters = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  // deno-lint-ignore no-control-regex
  const plain = characters.replace(/[\x00-\x1f\x7f]/g, "");
  return `"${plain.replace(/["\\]/g, "\\$&")}"`;
}
