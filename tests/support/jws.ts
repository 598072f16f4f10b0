import { constants, createPrivateKey, type KeyObject, sign } from "node:crypto";

type Part = string | Uint8Array | Readonly<Record<string, unknown>>;

/** Text and bytes as they are, anything else as JSON. */
export function base64url(part: Part): string {
  const bytes = typeof part === "string"
    ? new TextEncoder().encode(part)
    : part instanceof Uint8Array
    ? part
    : new TextEncoder().encode(JSON.stringify(part));
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/** A JWS put together by hand, so that it can be wrong in any way. `signer` gets what is signed. */
export function jws(header: Part, payload: Part, signer: (input: string) => Uint8Array): string {
  const input = `${base64url(header)}.${base64url(payload)}`;
  return `${input}.${base64url(signer(input))}`;
}

/** Signs as the algorithm says, by node:crypto and without the library that the tokens are checked with. */
export function signerOf(key: KeyObject, algorithm: string): (input: string) => Uint8Array {
  const hash = algorithm === "EdDSA" ? null : `sha${algorithm.slice(2)}`;
  const how = algorithm.startsWith("ES")
    ? { dsaEncoding: "ieee-p1363" as const }
    : algorithm.startsWith("PS")
    ? {
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    }
    : {};
  return (input) => sign(hash, new TextEncoder().encode(input), { key, ...how });
}

/** A private key from a PEM file. */
export function privateKey(path: string): KeyObject {
  return createPrivateKey(Deno.readTextFileSync(path));
}

/** The certificates of a PEM file as `x5c` has them. */
export function x5cOf(path: string): string[] {
  const text = Deno.readTextFileSync(path);
  const blocks = text.matchAll(/-----BEGIN CERTIFICATE-----([^-]*)-----END/g);
  return [...blocks].map(([, body = ""]) => body.replace(/\s/g, ""));
}
