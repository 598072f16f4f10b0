/** One block of a PEM file (RFC 7468). */
export interface PemBlock {
  /** `CERTIFICATE`, `EC PRIVATE KEY`, … */
  readonly label: string;
  /** Of its first line, from 1. */
  readonly line: number;
  /** From `-----BEGIN` to the end of its last line. */
  readonly text: string;
}

const BEGIN = /^-----BEGIN ([A-Z0-9 ]+)-----\s*$/;
/** First byte of DER: a sequence. */
const SEQUENCE = 0x30;

/**
 * The blocks of a PEM file; what stands between them is a comment.
 * @throws Error with a sentence that names the file, and the line of a block that does not end
 */
export function parsePem(path: string, bytes: Uint8Array): PemBlock[] {
  const lines = new TextDecoder().decode(bytes).split(/\r?\n/);
  const blocks: PemBlock[] = [];
  let begin: { readonly label: string; readonly line: number } | undefined;
  for (const [index, line] of lines.entries()) {
    const label = BEGIN.exec(line.trimStart())?.[1];
    if (label !== undefined) {
      if (begin) throw endless(path, begin);
      begin = { label, line: index + 1 };
    } else if (begin && line.trim() === `-----END ${begin.label}-----`) {
      const text = lines.slice(begin.line - 1, index + 1).map((each) => each.trim()).join("\n");
      blocks.push({ ...begin, text: `${text}\n` });
      begin = undefined;
    }
  }
  if (begin) throw endless(path, begin);
  if (blocks.length === 0) throw new Error(`Cannot use ${path}: ${describe(bytes)}`);
  return blocks;
}

function endless(path: string, { label, line }: { label: string; line: number }): Error {
  return new Error(
    `Cannot use ${path}: the block "${label}" of line ${line} has no end. Is the file cut off?`,
  );
}

function describe(bytes: Uint8Array): string {
  if (bytes.length === 0) return "it is empty, a PEM file is expected";
  if (bytes[0] === SEQUENCE) {
    return "it is DER, not PEM. Convert it with openssl (x509 -inform der for a certificate, pkey -inform der for a key)";
  }
  return "it has no PEM block (-----BEGIN …-----)";
}
