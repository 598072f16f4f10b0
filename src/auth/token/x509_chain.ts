import { X509Certificate } from "node:crypto";

/** A certificate whose key may be used, until one on its way to a root ends. */
export interface TrustedLeaf {
  readonly leaf: X509Certificate;
  /** Milliseconds since 1970. */
  readonly until: number;
}

/** Longer ones cost time and lead nowhere. */
const MOST_CERTIFICATES = 8;

/** What certificates may be signed with: SHA-2 with RSA (PKCS#1) or ECDSA, Ed25519. As in Go, no MD5 and no SHA-1. */
const SIGNATURES: ReadonlySet<string | undefined> = new Set([
  "1.2.840.113549.1.1.11",
  "1.2.840.113549.1.1.12",
  "1.2.840.113549.1.1.13",
  "1.2.840.10045.4.3.2",
  "1.2.840.10045.4.3.3",
  "1.2.840.10045.4.3.4",
  "1.3.101.112",
]);

/** The certificates of an `x5c` (RFC 7515 section 4.1.6), the first one is the signer's. Undefined when they are none. */
export function parseX5c(x5c: unknown): readonly X509Certificate[] | undefined {
  if (!Array.isArray(x5c) || x5c.length === 0 || x5c.length > MOST_CERTIFICATES) return undefined;
  try {
    return x5c.map((der: unknown) => {
      if (typeof der !== "string") throw new TypeError("expected text");
      return new X509Certificate(Uint8Array.fromBase64(der));
    });
  } catch {
    return undefined;
  }
}

/**
 * The first of the chain when a way leads from it to a root, every certificate on it, the root too, is valid now, and each issuer is
 * allowed to be one. It goes down from the roots, so that nothing is ever checked by a key that isn't trusted yet.
 */
export function trustedLeaf(
  chain: readonly X509Certificate[],
  roots: readonly X509Certificate[],
  now: number,
): TrustedLeaf | undefined {
  const leaf = chain[0];
  if (leaf === undefined || !isValid(leaf, now)) {
    return undefined;
  }
  if (roots.some((root) => root.raw.equals(leaf.raw))) return { leaf, until: endOf(leaf) };
  const issuers = roots
    .filter((root) => isValid(root, now) && root.ca)
    .map((certificate) => ({ certificate, until: endOf(certificate) }));
  const pending = new Set(
    chain.filter((certificate) => isValid(certificate, now) && isSignedSafely(certificate)),
  );
  for (const issuer of issuers) { // which grows
    for (const certificate of pending) {
      if (!isIssued(certificate, issuer.certificate)) continue;
      const until = Math.min(issuer.until, endOf(certificate));
      if (certificate === leaf) return { leaf, until };
      pending.delete(certificate);
      if (certificate.ca) issuers.push({ certificate, until });
    }
  }
  return undefined;
}

/** The types of node:crypto do not have it yet. */
function isSignedSafely(certificate: X509Certificate & { signatureAlgorithmOid?: string }) {
  return SIGNATURES.has(certificate.signatureAlgorithmOid);
}

/** By names, key identifiers and the issuer's key usage, then by signature. */
function isIssued(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  } catch {
    return false;
  }
}

function isValid(certificate: X509Certificate, now: number): boolean {
  return certificate.validFromDate.getTime() <= now && now <= endOf(certificate);
}

function endOf(certificate: X509Certificate): number {
  return certificate.validToDate.getTime();
}
