export interface BasicCredentials {
  readonly user: string;
  readonly password: string;
}

/** What an Authorization header carries, still encoded. */
export type BasicHeader =
  | { readonly kind: "none" }
  | { readonly kind: "malformed" }
  /** Base64 in its one right form: the same text if and only if user and password are the same. */
  | { readonly kind: "encoded"; readonly text: string };

/** Characters of base64: more than any user and password that can be right; docker's headers have some 50. */
export const LONGEST_ENCODED = 4096;
const SCHEME = /^basic +/i;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** A colon in base64: what containers/image sends for nobody. */
export const NOBODY = "Og==";

const NONE: BasicHeader = { kind: "none" };
const MALFORMED: BasicHeader = { kind: "malformed" };

/** The first half: quick, since every request passes here. */
export function readBasicHeader(header: string | undefined): BasicHeader {
  if (header === undefined || header === "") return NONE;
  if (header.length > LONGEST_ENCODED + 16) return MALFORMED;
  // what nearly all clients send, without a regular expression
  const start = header.startsWith("Basic ") && header.charCodeAt(6) !== 0x20
    ? 6
    : SCHEME.exec(header)?.[0].length;
  if (start === undefined) return MALFORMED;
  const text = header.slice(start);
  if (text === NOBODY) return NONE;
  return text.length > LONGEST_ENCODED ? MALFORMED : { kind: "encoded", text };
}

/**
 * The second half (RFC 7617 section 2): base64 as RFC 4648 section 4 has it, UTF-8, and the first colon parts the user from the
 * password. Undefined for all else.
 */
export function decodeBasic(text: string): BasicCredentials | undefined {
  if (!BASE64.test(text)) return undefined;
  const bytes = atob(text);
  // with other unused bits the same credentials would have several names in memory
  if (btoa(bytes) !== text) return undefined;
  let decoded: string;
  try {
    decoded = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(Uint8Array.from(bytes, (char) => char.charCodeAt(0)));
  } catch {
    return undefined;
  }
  const colon = decoded.indexOf(":");
  if (colon < 0) return undefined;
  return { user: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}
