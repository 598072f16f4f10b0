/** One regular file or folder of an archive. */
export interface TarEntry {
  readonly name: string;
  /** Absent: a folder. */
  readonly content?: Uint8Array<ArrayBuffer>;
  /** Permission bits, default 0755. */
  readonly mode?: number;
}

const BLOCK = 512;

/** A ustar archive whose bytes depend on the entries alone: times and owners are 0. */
export function tar(entries: readonly TarEntry[]): Uint8Array<ArrayBuffer> {
  const padded = (size: number) => Math.ceil(size / BLOCK) * BLOCK;
  const total = entries.reduce((sum, { content }) => sum + BLOCK + padded(content?.length ?? 0), 0);
  const archive = new Uint8Array(total + 2 * BLOCK);
  let at = 0;
  for (const entry of entries) {
    archive.set(header(entry), at);
    archive.set(entry.content ?? new Uint8Array(), at + BLOCK);
    at += BLOCK + padded(entry.content?.length ?? 0);
  }
  return archive;
}

function header({ name, content, mode = 0o755 }: TarEntry): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(BLOCK);
  const put = (text: string, at: number) => block.set(new TextEncoder().encode(text), at);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
  put(name, 0);
  put(`${octal(mode, 7)}\0`, 100);
  put(`${octal(0, 7)}\0${octal(0, 7)}\0`, 108);
  put(`${octal(content?.length ?? 0, 11)}\0${octal(0, 11)}\0`, 124);
  put("        ", 148); // the checksum counts its own field as spaces
  put(content === undefined ? "5" : "0", 156);
  put("ustar\0" + "00", 257);
  put(`${octal(block.reduce((sum, byte) => sum + byte, 0), 6)}\0 `, 148);
  return block;
}
