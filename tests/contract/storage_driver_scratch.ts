import { Buffer } from "node:buffer";
import { assert, assertEquals } from "@std/assert";
import {
  type FileWriter,
  PathNotFoundError,
  type StorageDriver,
  type WriterOptions,
} from "../../src/storage/driver.ts";

export type DriverCase = (driver: StorageDriver, scratch: Scratch) => Promise<void>;

export type Bytes = Uint8Array<ArrayBuffer>;

/** Paths, bytes and shorthands for one case. The same title gives the same ones. */
export class Scratch {
  readonly #driver: StorageDriver;
  readonly #used = new Set<string>();
  #state: number;

  constructor(driver: StorageDriver, seed: string) {
    this.#driver = driver;
    this.#state = [...seed].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0) | 0, 7);
  }

  /** As randomPath of distribution's suite: several components, of the length in all. */
  path(length = 32): string {
    let path = "";
    while (path.length < length) path += "/" + this.name(4 + this.#next() % 8);
    return this.at(path.slice(0, length).replace(/[^a-z0-9]$/, "x"));
  }

  /** As randomFilename: letters and digits, with a separator between some of them. */
  name(length: number): string {
    const letters = "abcdefghijklmnopqrstuvwxyz0123456789";
    let name = "";
    while (name.length < length) {
      const last = name.length === 0 || name.length === length - 1;
      const separator = !last && this.#next() % 8 === 0 && /[a-z0-9]$/.test(name);
      name += separator ? "._-"[this.#next() % 3] : letters[this.#next() % letters.length];
    }
    return name;
  }

  /** A path of the case's own choice, to be removed at the end as well. */
  at(path: string): string {
    this.#used.add("/" + path.split("/")[1]);
    return path;
  }

  bytes(length: number): Bytes {
    const words = new Uint32Array(Math.ceil(length / 4));
    for (let i = 0; i < words.length; i++) words[i] = this.#next();
    return new Uint8Array(words.buffer).slice(0, length);
  }

  async remove(): Promise<void> {
    for (const path of this.#used) {
      try {
        await this.#driver.remove(path);
      } catch (error) {
        if (!(error instanceof PathNotFoundError)) throw error;
      }
    }
  }

  #next(): number {
    // xorshift32
    let x = this.#state || 1;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return x >>> 0;
  }
}

/** assertEquals of large arrays takes seconds. */
export function assertBytes(actual: Bytes, expected: Bytes): void {
  assertEquals(actual.length, expected.length);
  assert(Buffer.from(actual.buffer, actual.byteOffset, actual.length).equals(expected), "bytes");
}

/** Writes all, in chunks of its own that the writer may take. */
export async function writeInChunks(
  writer: FileWriter,
  bytes: Bytes,
  chunk = 64 * 1024,
): Promise<void> {
  for (let at = 0; at < bytes.length; at += chunk) await writer.write(bytes.slice(at, at + chunk));
}

export async function writeStream(
  driver: StorageDriver,
  path: string,
  bytes: Bytes,
  options?: WriterOptions,
): Promise<ReadonlyMap<string, string>> {
  const writer = await driver.openWriter(path, options);
  await writeInChunks(writer, bytes);
  return await writer.commit();
}

/** Everything from `offset` on, by reads of at most `block` bytes. */
export async function readStream(
  driver: StorageDriver,
  path: string,
  offset = 0,
  block = 100_000,
): Promise<Bytes> {
  const source = await driver.read(path);
  try {
    const all = new Uint8Array(Math.max(0, source.size - offset));
    let done = 0;
    for (;;) {
      const into = new Uint8Array(block);
      const count = await source.read(into, offset + done);
      if (count === 0) break;
      all.set(into.subarray(0, count), done);
      done += count;
    }
    assertEquals(done, all.length);
    return all;
  } finally {
    source.close();
  }
}
