import { base64url, errors, type JWTPayload, jwtVerify } from "jose";
import { parseStrictObject } from "./strict_json.ts";
import { signingKey } from "./signing_key.ts";
import type { TokenKeys } from "./token_keys.ts";
import { TokenRights } from "./token_rights.ts";
import { UnusableToken } from "./unusable_token.ts";
import type { VerificationKey } from "./verification_key.ts";

/** What a token proves. */
export interface VerifiedToken {
  /** Its `sub`. */
  readonly user: string | undefined;
  readonly rights: TokenRights;
  /** Milliseconds since 1970. */
  readonly until: number;
}

export interface VerifierOptions {
  readonly issuer: string;
  /** The audience that a token has to name. */
  readonly service: string;
  /** JOSE names. */
  readonly algorithms: readonly string[];
}

/** Longer ones are not looked at. A request's head is bounded too (http.maxheaderbytes). */
const LONGEST_TOKEN = 64 * 1024;
/** For the log; a name is told apart by far less. */
const LONGEST_USER = 256;
/** In seconds, as distribution's (registry/auth/token/token.go, Leeway). */
const LEEWAY = 60;
/** A JWS in its compact form; five parts would be an encrypted one. */
const COMPACT = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/;

/**
 * Checks signature, issuer, audience and dates of a token.
 * @param now in milliseconds since 1970
 * @throws UnusableToken with the reason for the log
 */
export async function verifyToken(
  token: string,
  options: VerifierOptions,
  keys: TokenKeys,
  now: number,
): Promise<VerifiedToken> {
  const [, protectedHeader = "", payload = ""] = token.length > LONGEST_TOKEN
    ? []
    : COMPACT.exec(token) ?? [];
  const header = parsePart(protectedHeader, "header");
  const algorithm = header.alg;
  if (typeof algorithm !== "string" || !options.algorithms.includes(algorithm)) {
    throw new UnusableToken("its algorithm is not allowed");
  }
  if (header.crit !== undefined || header.b64 !== undefined) {
    throw new UnusableToken("its header asks for an extension");
  }
  parsePart(payload, "payload");
  const { key, until } = signingKey(header, algorithm, keys, now);
  const claims = await checkedClaims(token, algorithm, options, key.jwk, now);
  const { sub, exp, iat } = claims;
  if (sub !== undefined && typeof sub !== "string") throw new UnusableToken('its "sub" is no text');
  if (iat !== undefined && iat > now / 1000 + LEEWAY) {
    throw new UnusableToken("it was issued in the future");
  }
  return {
    user: sub?.slice(0, LONGEST_USER) || undefined,
    rights: new TokenRights(claims.access),
    until: Math.min(until, ((exp ?? 0) + LEEWAY) * 1000),
  };
}

/** What two readers could read differently is refused before anything is checked. */
function parsePart(text: string, what: string): Readonly<Record<string, unknown>> {
  let bytes: Uint8Array;
  try {
    bytes = base64url.decode(text);
  } catch {
    throw new UnusableToken(`its ${what} is not base64url`);
  }
  return parseStrictObject(bytes, what);
}

async function checkedClaims(
  token: string,
  algorithm: string,
  { issuer, service }: VerifierOptions,
  key: VerificationKey["jwk"],
  now: number,
): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, key, {
      issuer,
      audience: service,
      algorithms: [algorithm],
      requiredClaims: ["exp"],
      clockTolerance: LEEWAY,
      currentDate: new Date(now),
    });
    const { aud } = payload;
    if (Array.isArray(aud) && !aud.every((name) => typeof name === "string")) {
      throw new UnusableToken('its "aud" is no list of texts');
    }
    return payload;
  } catch (error) {
    throw error instanceof UnusableToken ? error : new UnusableToken(reasonOf(error));
  }
}

/** The library's errors carry the claims, so only their kind goes on. */
function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return "it has expired";
  if (error instanceof errors.JWTClaimValidationFailed) {
    return `its "${error.claim}" is ${error.reason === "missing" ? "missing" : "not the expected"}`;
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return "its signature is not that of the key that it names";
  }
  return "it is malformed";
}
