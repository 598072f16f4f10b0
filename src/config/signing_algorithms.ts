/** What distribution names (registry/auth/token/accesscontroller.go); a shared secret cannot be configured, so no HS256. */
export const SIGNING_ALGORITHMS: readonly string[] = [
  "EdDSA",
  "RS256",
  "RS384",
  "RS512",
  "ES256",
  "ES384",
  "ES512",
  "PS256",
  "PS384",
  "PS512",
];
