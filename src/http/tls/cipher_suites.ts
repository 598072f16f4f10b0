import { suggestion } from "../../config/nearest.ts";

/** Those of TLS 1.2 that the runtime speaks, by their names in Go, which are IANA's. */
const SPOKEN = [
  "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
];
/** Those of TLS 1.3, which Go does not let anybody choose either. */
const OF_TLS13 = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
];
/** The others of distribution's list (registry/registry.go, cipherSuites): too weak for the runtime. */
const UNSPOKEN = [
  "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
  "TLS_RSA_WITH_AES_128_CBC_SHA",
  "TLS_RSA_WITH_AES_256_CBC_SHA",
  "TLS_RSA_WITH_AES_128_CBC_SHA256",
  "TLS_RSA_WITH_AES_128_GCM_SHA256",
  "TLS_RSA_WITH_AES_256_GCM_SHA384",
  "TLS_RSA_WITH_RC4_128_SHA",
  "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
  "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
  "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
  "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",
  "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
  "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
  "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
  "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
];

export interface CipherPlan {
  /** For connections of TLS 1.2; undefined: any. Empty: none, so that TLS 1.3 is the lowest version. */
  readonly allowed: ReadonlySet<string> | undefined;
  /** What to tell at the start. */
  readonly warnings: readonly string[];
}

/**
 * What a list of cipher suites means here. node:https of Deno 2.9.6 takes a list and ignores it: the client's first choice of those
 * that are spoken is taken. So a connection of TLS 1.2 with another suite than a listed one is refused once it is up.
 * @param names by Go's spelling, from http.tls.ciphersuites
 * @throws Error with one sentence when a name is unknown, or none can be spoken
 */
export function planCiphers(names: readonly string[], minimum: "tls1.2" | "tls1.3"): CipherPlan {
  if (names.length === 0) return { allowed: undefined, warnings: [] };
  const known = [...SPOKEN, ...OF_TLS13, ...UNSPOKEN];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new Error(
      `Cannot use http.tls.ciphersuites: ${unknown} is not known${suggestion(unknown, known)}`,
    );
  }
  const unspoken = names.filter((name) => UNSPOKEN.includes(name));
  const of12 = names.filter((name) => SPOKEN.includes(name));
  if (minimum === "tls1.3") {
    const why = "http.tls.ciphersuites has no effect with http.tls.minimumtls: tls1.3";
    return { allowed: undefined, warnings: [why] };
  }
  if (unspoken.length === names.length) {
    throw new Error(
      `Cannot use http.tls.ciphersuites: none of ${names.join(", ")} is spoken here, only ${
        [...SPOKEN, ...OF_TLS13].join(", ")
      }`,
    );
  }
  const refused = of12.length === 0 ? [] : SPOKEN.filter((name) => !of12.includes(name));
  const warnings = warningsFor(unspoken, refused);
  if (of12.length === 0) {
    warnings.push(
      "http.tls.ciphersuites names none for TLS 1.2 that is spoken here, so that TLS 1.3 is the lowest version",
    );
  }
  return { allowed: new Set(of12), warnings };
}

function warningsFor(unspoken: readonly string[], refused: readonly string[]): string[] {
  const warnings: string[] = [];
  if (unspoken.length > 0) {
    warnings.push(`http.tls.ciphersuites names ${unspoken.join(", ")}, not spoken here`);
  }
  if (refused.length > 0) {
    warnings.push(
      "http.tls.ciphersuites cannot choose on this runtime, only refuse: a client of TLS 1.2 that prefers " +
        `${
          refused.join(", ")
        } gets 403, even if it knows a listed one. TLS 1.3 is not affected, as in registry:3`,
    );
  }
  return warnings;
}
