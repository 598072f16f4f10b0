import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { parsePem, type PemBlock } from "./pem.ts";

/** A file as it was read. */
export interface ReadFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** A certificate with its chain, and its key, as PEM without anything around them. */
export interface KeyPair {
  readonly chain: readonly X509Certificate[];
  readonly certificate: string;
  readonly key: string;
}

/** CAs of one file. */
export interface Authorities {
  readonly path: string;
  readonly certificates: readonly X509Certificate[];
  readonly pem: string;
}

interface Placed {
  readonly block: PemBlock;
  readonly certificate: X509Certificate;
}

const CURVES = ["prime256v1", "secp384r1", "secp521r1"];
const LEAST_RSA_BITS = 2048;

/** @throws Error with one sentence that names the file, and the block's line where one is to blame; never with a key */
export function readKeyPair(certificate: ReadFile, key: ReadFile): KeyPair {
  const placed = readCertificates(certificate, "http.tls.certificate");
  const { block, secret } = readKey(key);
  const own = placed.findIndex((each) => each.certificate.checkPrivateKey(secret));
  if (own < 0) {
    throw new Error(
      `Cannot use ${key.path}: it is not the key of the certificate in ${certificate.path}`,
    );
  }
  if (own > 0) {
    throw new Error(
      `Cannot use ${certificate.path}: the server's own certificate must come first, ` +
        `but the key belongs to the one of line ${placed[own]?.block.line}`,
    );
  }
  return {
    chain: placed.map((each) => each.certificate),
    certificate: placed.map((each) => each.block.text).join(""),
    key: block.text,
  };
}

/** @throws as readKeyPair does */
export function readAuthorities(file: ReadFile): Authorities {
  const placed = readCertificates(file, "http.tls.clientcas");
  return {
    path: file.path,
    certificates: placed.map((each) => each.certificate),
    pem: placed.map((each) => each.block.text).join(""),
  };
}

function readCertificates({ path, bytes }: ReadFile, option: string): Placed[] {
  const blocks = parsePem(path, bytes);
  const placed = blocks.filter(({ label }) => label === "CERTIFICATE").map((block) => {
    try {
      return { block, certificate: new X509Certificate(block.text) };
    } catch {
      throw new Error(
        `Cannot use ${path}: the block "CERTIFICATE" of line ${block.line} is no certificate. Is it damaged?`,
      );
    }
  });
  if (placed.length > 0) return placed;
  const swapped = option === "http.tls.certificate" && blocks.some(isKey)
    ? ": are http.tls.certificate and http.tls.key swapped?"
    : "";
  throw new Error(
    `Cannot use ${path}: ${option} needs a certificate, found ${labelsOf(blocks)}${swapped}`,
  );
}

function readKey({ path, bytes }: ReadFile): { block: PemBlock; secret: KeyObject } {
  const blocks = parsePem(path, bytes);
  const block = blocks.find(isKey);
  if (block === undefined) {
    const swapped = blocks.some(({ label }) => label === "CERTIFICATE")
      ? ": are http.tls.certificate and http.tls.key swapped?"
      : "";
    throw new Error(
      `Cannot use ${path}: http.tls.key needs a private key, found ${labelsOf(blocks)}${swapped}`,
    );
  }
  if (block.label.startsWith("ENCRYPTED") || /^Proc-Type:.*ENCRYPTED/m.test(block.text)) {
    throw new Error(
      `Cannot use ${path}: the key of line ${block.line} is encrypted. Decrypt it with openssl pkey, and let nobody else read it`,
    );
  }
  return { block, secret: parseKey(path, block) };
}

function parseKey(path: string, block: PemBlock): KeyObject {
  let secret: KeyObject;
  try {
    secret = createPrivateKey(block.text);
  } catch {
    throw new Error(
      `Cannot use ${path}: the block "${block.label}" of line ${block.line} is no private key that is known here. Is it damaged?`,
    );
  }
  const { modulusLength = 0, namedCurve = "" } = secret.asymmetricKeyDetails ?? {};
  const kind = secret.asymmetricKeyType;
  const isUsable = kind === "ed25519" || (kind === "rsa" && modulusLength >= LEAST_RSA_BITS) ||
    (kind === "ec" && CURVES.includes(namedCurve));
  if (isUsable) return secret;
  const found = [kind, namedCurve, modulusLength || ""].filter((part) => part !== "").join(" ");
  throw new Error(
    `Cannot use ${path}: found a key of the kind ${found}, expected RSA of 2048 bits or more, EC on P-256, P-384 or P-521, or Ed25519`,
  );
}

function isKey({ label }: PemBlock): boolean {
  return label.endsWith("PRIVATE KEY");
}

function labelsOf(blocks: readonly PemBlock[]): string {
  const [first] = blocks;
  const count = blocks.length > 1 ? ` and ${blocks.length - 1} more` : "";
  return first === undefined ? "nothing" : `"${first.label}" at line ${first.line}${count}`;
}
