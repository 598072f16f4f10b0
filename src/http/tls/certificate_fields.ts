import { type Der, readDer, readOid } from "./der.ts";

/** What node's X509Certificate does not tell (or tells in a form that a hostile name can forge). */
export interface CertificateFields {
  /** 1 to 3. */
  readonly version: number;
  /** As RFC 2253 writes names, last part first, in one line: `CN=alice,O=Example\, Inc.` */
  readonly subject: string;
}

const EXPLICIT_VERSION = 0xa0;
/** Names of attributes (RFC 4514 section 3, and the one of mail addresses that openssl writes). */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  "2.5.4.3": "CN",
  "2.5.4.5": "SERIALNUMBER",
  "2.5.4.6": "C",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.9": "STREET",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
  "0.9.2342.19200300.100.1.1": "UID",
  "0.9.2342.19200300.100.1.25": "DC",
  "1.2.840.113549.1.9.1": "emailAddress",
};
/** Encodings of strings, by tag: UTF8String, PrintableString, T61String, IA5String, BMPString. */
const ENCODINGS: Readonly<Record<number, string>> = {
  0x0c: "utf-8",
  0x13: "utf-8",
  0x14: "latin1",
  0x16: "utf-8",
  0x1e: "utf-16be",
};
const LONGEST_SUBJECT = 512;

/** @param raw the DER of a certificate (RFC 5280 section 4.1) @throws RangeError when it is none */
export function readCertificateFields(raw: Uint8Array): CertificateFields {
  const [certificate] = readDer(raw);
  const [toBeSigned] = readDer(part(certificate).content);
  const fields = readDer(part(toBeSigned).content);
  const [first] = fields;
  const isMarked = first?.tag === EXPLICIT_VERSION;
  const [version] = isMarked ? readDer(first.content) : [];
  const subject = nameText(part(fields[isMarked ? 5 : 4]).content);
  return {
    version: (version?.content[0] ?? 0) + 1,
    subject: subject.length > LONGEST_SUBJECT ? `${subject.slice(0, LONGEST_SUBJECT)}…` : subject,
  };
}

function part(value: Der | undefined): Der {
  if (value === undefined) throw new RangeError("Cannot read a certificate: a part is missing");
  return value;
}

function nameText(name: Uint8Array): string {
  const sets = readDer(name).map(({ content }) => readDer(content).map(attributeText).join("+"));
  return sets.reverse().join(",");
}

function attributeText({ content }: Der): string {
  const [type, value] = readDer(content);
  const oid = readOid(part(type).content);
  const { tag, content: bytes } = part(value);
  const encoding = ENCODINGS[tag];
  const name = ATTRIBUTES[oid];
  if (encoding === undefined || name === undefined) return `${name ?? oid}=#${hex(bytes, "")}`;
  return `${name}=${escaped(new TextDecoder(encoding).decode(bytes))}`;
}

/** RFC 2253 section 2.4, and whatever is not printable as hexadecimal pairs. */
function escaped(text: string): string {
  return text
    .replace(/[,+"\\<>;]/g, "\\$&")
    .replace(/^[ #]| $/g, "\\$&")
    .replace(
      /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu,
      (char) => hex(new TextEncoder().encode(char), "\\"),
    );
}

function hex(bytes: Uint8Array, mark: string): string {
  return [...bytes].map((byte) => mark + byte.toString(16).padStart(2, "0")).join("");
}
