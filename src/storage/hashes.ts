import { createHash, type Hash } from "node:crypto";
import type { HashName } from "./driver.ts";

/** Hashes of the same bytes, kept while they pass. node:crypto, since crypto.subtle can't be fed bit by bit. */
export class Hashes {
  readonly #hashes = new Map<HashName, Hash>();

  constructor(names: Iterable<HashName>) {
    for (const name of names) this.add(name);
  }

  /** Only before the first update. */
  add(name: HashName): void {
    if (!this.#hashes.has(name)) this.#hashes.set(name, createHash(name));
  }

  get names(): HashName[] {
    return [...this.#hashes.keys()];
  }

  get isEmpty(): boolean {
    return this.#hashes.size === 0;
  }

  update(bytes: Uint8Array<ArrayBuffer>): void {
    for (const hash of this.#hashes.values()) hash.update(bytes);
  }

  /** In hex. Ends the hashes. */
  digests(): Map<HashName, string> {
    return new Map([...this.#hashes].map(([name, hash]) => [name, hash.digest("hex")]));
  }
}
