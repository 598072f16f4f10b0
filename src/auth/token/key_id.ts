import { createPublicKey, hash } from "node:crypto";
import type { JWK } from "jose";

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/**
 * The names by which tokens call a key that has none of its own, as one in a certificate: registry 3's thumbprint (RFC 7638; its
 * registry/auth/token/util.go leaves out leading zeros of coordinates, so both forms) and registry 2's libtrust id.
 */
export function keyIdsOf(jwk: Readonly<JWK>): readonly string[] {
  const short = { ...jwk, x: unpadded(jwk.x), y: unpadded(jwk.y) };
  const thumbprints = jwk.kty === "EC" ? [thumbprint(jwk), thumbprint(short)] : [thumbprint(jwk)];
  return [...new Set([...thumbprints, libtrustId(jwk)])];
}

function thumbprint({ kty, crv, n, e, x, y }: Readonly<JWK>): string {
  const members = kty === "RSA"
    ? { e, kty, n }
    : kty === "EC"
    ? { crv, kty, x, y }
    : { crv, kty, x };
  return hash("sha256", JSON.stringify(members), "base64url");
}

/** `ABCD:EFGH:...`, 12 groups: 240 bits of the SHA-256 of the key's DER in base32 (docker/libtrust, keyIDFromCryptoKey). */
function libtrustId(jwk: Readonly<JWK>): string {
  const der = createPublicKey({ key: { ...jwk }, format: "jwk" }).export({
    type: "spki",
    format: "der",
  });
  const bits = Array.from(
    hash("sha256", der, "buffer").subarray(0, 30),
    (byte) => byte.toString(2).padStart(8, "0"),
  ).join("");
  const letters = (bits.match(/.{5}/g) ?? []).map((five) => BASE32[parseInt(five, 2)]).join("");
  return letters.match(/.{4}/g)?.join(":") ?? "";
}

function unpadded(coordinate: string | undefined): string {
  const bytes = Uint8Array.fromBase64(coordinate ?? "", { alphabet: "base64url" });
  const start = bytes.findIndex((byte) => byte !== 0);
  return bytes.subarray(start).toBase64({ alphabet: "base64url", omitPadding: true });
}
