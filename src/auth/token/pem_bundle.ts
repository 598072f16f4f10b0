import { X509Certificate } from "node:crypto";

/** A certificate and the line where its block begins. */
export interface BundledCertificate {
  readonly certificate: X509Certificate;
  readonly line: number;
}

/**
 * The certificates of a PEM file. Other blocks, and text between them, are passed over, as by distribution.
 * @throws Error with a sentence that names the file, the block and its line
 */
export function certificatesOf(
  path: string,
  bytes: Uint8Array<ArrayBuffer>,
): readonly BundledCertificate[] {
  const text = new TextDecoder("latin1").decode(bytes);
  const found: BundledCertificate[] = [];
  for (const { index } of text.matchAll(/^-----BEGIN CERTIFICATE-----/gm)) {
    const line = text.slice(0, index).split("\n").length;
    const block = /^-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/.exec(
      text.slice(index),
    );
    try {
      const der = Uint8Array.fromBase64(block?.[1] ?? "-");
      found.push({ certificate: new X509Certificate(der), line });
    } catch {
      throw new Error(
        `Cannot use ${path}: block ${
          found.length + 1
        } in line ${line} cannot be read, expected a certificate in PEM. Write it again whole`,
      );
    }
  }
  if (found.length > 0) return found;
  throw new Error(
    `Cannot use ${path}: found no certificate, expected blocks that begin with -----BEGIN CERTIFICATE-----`,
  );
}
