import { X509Certificate } from "node:crypto";
import type { PeerCertificate, TLSSocket } from "node:tls";
import { LRUCache } from "lru-cache";
import type { Clock } from "../../async/clock.ts";
import type { ClientFacts } from "../connection.ts";
import { readCertificateFields } from "./certificate_fields.ts";

/** As http.tls.clientauth, whose values are Go's tls.ClientAuthType. */
export type ClientAuth =
  | "request-client-cert"
  | "require-any-client-cert"
  | "verify-client-cert-if-given"
  | "require-and-verify-client-cert";

/** Fingerprints of certificates that a handshake has verified, with the generation of CAs that did. */
export type Verified = LRUCache<string, number>;

const MOST_VERIFIED = 10_000;

/** To be kept over all reloads. */
export function noneVerified(): Verified {
  return new LRUCache({ max: MOST_VERIFIED });
}

const EXPIRED = "has expired";
/** The runtime's codes tell no more of these apart. */
const NOT_TRUSTED = "was not issued by a CA that is trusted here, or is not meant for clients " +
  "(extended key usage)";
const LONGEST_CHAIN = 8;

/** Judges clients by their certificates, as configured. One is made for each generation of CAs. */
export class ClientJudge {
  constructor(
    private readonly mode: ClientAuth,
    private readonly authorities: readonly X509Certificate[],
    private readonly generation: number,
    private readonly verified: Verified,
    private readonly clock: Clock,
  ) {}

  /** @param socket whose handshake is done, made with `rejectUnauthorized: false` */
  judge(socket: TLSSocket): ClientFacts {
    const certificate = socket.getPeerX509Certificate();
    if (certificate === undefined) {
      const isRequired = this.mode === "require-any-client-cert" ||
        this.mode === "require-and-verify-client-cert";
      return isRequired ? { refusal: "a client certificate is required" } : {};
    }
    const { version, subject } = readCertificateFields(certificate.raw);
    const isVerified = this.mode === "verify-client-cert-if-given" ||
      this.mode === "require-and-verify-client-cert";
    const fault = isVerified ? this.#faultOf(socket, certificate, version) : undefined;
    if (fault === undefined) return { subject };
    return { subject, refusal: `the client certificate ${fault}` };
  }

  #faultOf(socket: TLSSocket, certificate: X509Certificate, version: number): string | undefined {
    // Deno 2.9.6 does not check that the client has the key of such a certificate, so that whoever knows a CA's could show that.
    if (version < 3) {
      return `is of X.509 version ${version}: 3 is needed. With openssl x509 -req, add an -extfile`;
    }
    if (socket.isSessionReused()) return this.#faultOfReused(socket, certificate);
    const now = this.clock.now();
    if (now > Date.parse(certificate.validTo)) return EXPIRED;
    if (now < Date.parse(certificate.validFrom)) return "is not valid yet";
    if (!socket.authorized) return NOT_TRUSTED;
    this.verified.set(certificate.fingerprint256, this.generation);
    return undefined;
  }

  /**
   * A resumed session brings its certificate along without anybody looking at it again: on Deno 2.9.6 each counts as authorized,
   * also one that was refused here. So it must have been found right in a handshake, be valid still, and its CA be one of today's.
   */
  #faultOfReused(socket: TLSSocket, certificate: X509Certificate): string | undefined {
    const { fingerprint256 } = certificate;
    const generation = this.verified.get(fingerprint256);
    if (generation === undefined) return "was not verified: connect without resuming a session";
    const now = this.clock.now();
    if (now > Date.parse(certificate.validTo)) return EXPIRED;
    if (generation === this.generation) return undefined;
    if (!isIssuedBy(chainOf(socket), this.authorities, now)) return NOT_TRUSTED;
    this.verified.set(fingerprint256, this.generation);
    return undefined;
  }
}

function chainOf(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  const seen = new Set<PeerCertificate>();
  let link: PeerCertificate | undefined = socket.getPeerCertificate(true);
  while (link?.raw && !seen.has(link) && chain.length < LONGEST_CHAIN) {
    seen.add(link);
    chain.push(new X509Certificate(link.raw));
    link = "issuerCertificate" in link ? link.issuerCertificate as PeerCertificate : undefined;
  }
  return chain;
}

/** Whether each is signed by the next, and one of them by an authority (or is one itself). */
function isIssuedBy(
  chain: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
  now: number,
): boolean {
  for (const [index, certificate] of chain.entries()) {
    const isAnchored = authorities.some((authority) =>
      authority.fingerprint256 === certificate.fingerprint256 || isSigned(certificate, authority)
    );
    if (isAnchored) return true;
    const next = chain[index + 1];
    if (next === undefined || !next.ca || now > Date.parse(next.validTo)) return false;
    if (!isSigned(certificate, next)) return false;
  }
  return false;
}

function isSigned(certificate: X509Certificate, by: X509Certificate): boolean {
  return certificate.checkIssued(by) && certificate.verify(by.publicKey);
}
