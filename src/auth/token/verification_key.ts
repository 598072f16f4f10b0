import { createPublicKey } from "node:crypto";
import type { JWK } from "jose";

/** A public key that signatures are checked with, and the JOSE names of what it can check. */
export interface VerificationKey {
  readonly jwk: Readonly<JWK>;
  readonly algorithms: readonly string[];
}

const RSA = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];
const CURVES: ReadonlyMap<unknown, string> = new Map([
  ["P-256", "ES256"],
  ["P-384", "ES384"],
  ["P-521", "ES512"],
]);

const LEAST_RSA_BITS = 2048;
const EXPECTED = `RSA of at least ${LEAST_RSA_BITS} bits, EC on P-256, P-384 or P-521, or Ed25519`;

/**
 * Takes the public members of a JSON Web Key, nothing private even when it is there.
 * @throws Error that ends a sentence: `found ..., expected ...`
 */
export function verificationKey(
  jwk: Readonly<Record<string, unknown>>,
): VerificationKey {
  const algorithms = algorithmsOf(jwk);
  const { kty, crv, n, e, x, y, alg, use, key_ops } = jwk;
  const members = { kty, crv, n, e, x, y, alg, use, key_ops };
  const named = Object.entries(members).filter(([, value]) => value !== undefined);
  const key = { jwk: Object.fromEntries(named) as JWK, algorithms };
  try {
    // a point on its curve, with all members there; importing it for an algorithm doesn't look
    createPublicKey({ key: { ...key.jwk }, format: "jwk" });
  } catch {
    throw new Error(`found a key of type ${kty} that cannot be read, expected ${EXPECTED}`);
  }
  return Object.freeze(key);
}

/** Whether a key of a set is none that signatures of tokens could be checked with: a secret, one for encryption, an unknown type. */
export function isForSignatures(jwk: Readonly<Record<string, unknown>>): boolean {
  const isKnown = jwk.kty === "RSA" || jwk.kty === "EC" || jwk.kty === "OKP";
  return isKnown && (jwk.use === undefined || jwk.use === "sig") &&
    (!Array.isArray(jwk.key_ops) || jwk.key_ops.includes("verify"));
}

/** RFC 8725 section 3.1: one algorithm a key when it names one, else what its type can. */
function algorithmsOf(jwk: Readonly<Record<string, unknown>>): readonly string[] {
  const able = ableTo(jwk);
  if (jwk.alg === undefined) return able;
  const named = able.filter((algorithm) => algorithm === jwk.alg);
  if (named.length === 0) {
    throw new Error(`found an "alg" that a key of its type cannot have, expected one of ${able}`);
  }
  return named;
}

function ableTo(jwk: Readonly<Record<string, unknown>>): readonly string[] {
  if (jwk.kty === "RSA") {
    const bits = typeof jwk.n === "string" ? bitLength(jwk.n) : 0;
    if (bits >= LEAST_RSA_BITS) return RSA;
    throw new Error(`found an RSA key of ${bits} bits, expected ${EXPECTED}`);
  }
  if (jwk.kty === "OKP" && jwk.crv === "Ed25519") return ["EdDSA"];
  const algorithm = jwk.kty === "EC" ? CURVES.get(jwk.crv) : undefined;
  if (algorithm === undefined) throw new Error(`found a key of another type, expected ${EXPECTED}`);
  return [algorithm];
}

/** Of an unsigned number in base64url, 0 for what is none. */
function bitLength(text: string): number {
  try {
    const bytes = Uint8Array.fromBase64(text, { alphabet: "base64url" });
    const start = bytes.findIndex((byte) => byte !== 0);
    const first = bytes[start];
    return first === undefined ? 0 : (bytes.length - start) * 8 - Math.clz32(first) + 24;
  } catch {
    return 0;
  }
}
