import { RegistryError } from "./error.ts";

declare const brand: unique symbol;

/** `<algorithm>:<lower-case hex>`, checked. The only form in which a digest reaches a path. */
export type Digest = string & { readonly [brand]: "Digest" };

/** Length of the hex part by algorithm, the ones that distribution accepts. */
const HEX_LENGTH = { sha256: 64, sha384: 96, sha512: 128 } as const;

export type DigestAlgorithm = keyof typeof HEX_LENGTH;

/** The algorithm under which blob data lies on disk, whatever name the client uses for it. */
export const CANONICAL: DigestAlgorithm = "sha256";

export function isDigestAlgorithm(text: string): text is DigestAlgorithm {
  return Object.hasOwn(HEX_LENGTH, text);
}

/** @throws RegistryError DIGEST_INVALID, with what is wrong in words of distribution v3. */
export function parseDigest(text: string): Digest {
  const problem = digestProblem(text);
  if (problem === undefined) return text as Digest;
  throw new RegistryError("DIGEST_INVALID", { detail: problem });
}

/** The digest, or undefined when the text is none. */
export function asDigest(text: string): Digest | undefined {
  return digestProblem(text) === undefined ? text as Digest : undefined;
}

function digestProblem(text: string): string | undefined {
  const colon = text.indexOf(":");
  if (colon <= 0) return "invalid checksum digest format";
  const algorithm = text.slice(0, colon);
  if (!isDigestAlgorithm(algorithm)) return "unsupported digest algorithm";
  if (text.length - colon - 1 !== HEX_LENGTH[algorithm]) return "invalid checksum digest length";
  return /^[0-9a-f]+$/.test(text.slice(colon + 1)) ? undefined : "invalid checksum digest format";
}

export function makeDigest(algorithm: DigestAlgorithm, hex: string): Digest {
  return parseDigest(`${algorithm}:${hex}`);
}

export function algorithmOf(digest: Digest): DigestAlgorithm {
  return digest.slice(0, digest.indexOf(":")) as DigestAlgorithm;
}

export function hexOf(digest: Digest): string {
  return digest.slice(digest.indexOf(":") + 1);
}

const SUBTLE = { sha256: "SHA-256", sha384: "SHA-384", sha512: "SHA-512" } as const;

/** The digest of content that is in memory. */
export async function digestOf(
  algorithm: DigestAlgorithm,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Digest> {
  const hash = new Uint8Array(await crypto.subtle.digest(SUBTLE[algorithm], bytes));
  return `${algorithm}:${hash.toHex()}` as Digest;
}
