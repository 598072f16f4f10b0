import type { Digest } from "../oci/digest.ts";
import type { GrowingContent } from "./growing_content.ts";
import { RelayHash } from "./relay_hash.ts";

const BLOCK = 256 * 1024;

type Bytes = Uint8Array<ArrayBuffer>;

/** The rest of a blob of which the store has taken the beginning only: passed on to those who read, and checked. */
export class Relay {
  private constructor(
    private readonly content: GrowingContent,
    private readonly hash: RelayHash,
    /** Bytes that the store has. */
    readonly start: number,
  ) {}

  /** @param written bytes that the store should have; what it has is hashed again, since its own hash is lost */
  static async begin(content: GrowingContent, digest: Digest, written: number): Promise<Relay> {
    let hash = new RelayHash(digest);
    let start = 0;
    try {
      for (const block = new Uint8Array(BLOCK); start < written;) {
        const count = await content.readFile(block.subarray(0, written - start), start);
        if (count === 0) break;
        hash.update(block.subarray(0, count));
        start += count;
      }
    } catch {
      // A disk that cannot be read either: everything is passed on once more.
      hash = new RelayHash(digest);
      start = 0;
    }
    content.startRelay(start);
    return new Relay(content, hash, start);
  }

  /** Resolves when there is room for another. */
  async pass(chunk: Bytes): Promise<void> {
    this.hash.update(chunk);
    await this.content.relay(chunk);
  }

  /** Whether nobody needs what the store has. */
  get isPastStore(): boolean {
    return this.content.slowest >= this.start;
  }

  /** Gives readers the end too. @returns whether the bytes are what the digest names; else they get nothing more */
  finish(): boolean {
    if (!this.hash.isRight()) return false;
    this.content.verify();
    return true;
  }
}
