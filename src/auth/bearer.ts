/** One space parts them (RFC 6750 section 2.1); more are let pass, as by distribution. */
const BEARER = /^bearer +([^ ].*)$/i;

/** The token of an Authorization header; undefined when there is none, or credentials of another scheme. */
export function bearerToken(header: string | undefined): string | undefined {
  return header === undefined ? undefined : BEARER.exec(header)?.[1];
}
