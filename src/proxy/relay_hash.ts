import { createHash } from "node:crypto";
import { algorithmOf, type Digest, hexOf } from "../oci/digest.ts";

/** Checks bytes that no store takes any more as they pass. */
export class RelayHash {
  readonly #hash;

  constructor(private readonly digest: Digest) {
    this.#hash = createHash(algorithmOf(digest));
  }

  update(bytes: Uint8Array<ArrayBuffer>): void {
    this.#hash.update(bytes);
  }

  /** Whether all that was given is what the digest names. Once only. */
  isRight(): boolean {
    return this.#hash.digest("hex") === hexOf(this.digest);
  }
}
