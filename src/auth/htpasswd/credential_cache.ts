import { hmac } from "@noble/hashes/hmac";
import { sha256 } from "@noble/hashes/sha2";
import { LRUCache } from "lru-cache";
import type { Identity } from "../authenticator.ts";
import { LONGEST_ENCODED } from "../basic.ts";

/** Entries of some 300 bytes: users whose password was right, with room for a few clients each. */
const MOST_RIGHT = 10_000;
/** Wrong ones: enough for clients that don't give up. Who guesses only drives out other guesses. */
const MOST_WRONG = 1_000;

interface Entry {
  readonly user: string;
  /** The one that was checked against; undefined when there was no such user. */
  readonly hash: string | undefined;
  readonly identity: Identity;
}

const WRONG: Identity = { kind: "wrong" };

/**
 * Remembers which credentials were right and which wrong, by an HMAC of them under a key that is made anew in each process: what is
 * kept tells nobody a password. Either holds only as long as the user has the hash that was checked against, so that a change of the file
 * counts at once, and needs no other end.
 */
export class CredentialCache {
  // in JavaScript: node's costs five times as much for so few bytes, and every request with credentials needs one at once
  readonly #keyed = hmac.create(sha256, crypto.getRandomValues(new Uint8Array(32)));
  #hmac = this.#keyed.clone();
  readonly #input = new Uint8Array(LONGEST_ENCODED);
  readonly #output = new Uint8Array(32);
  readonly #units = new Uint16Array(this.#output.buffer);
  readonly #right: LRUCache<string, Entry>;
  readonly #wrong: LRUCache<string, Entry>;

  constructor(mostRight = MOST_RIGHT, mostWrong = MOST_WRONG) {
    this.#right = new LRUCache({ max: mostRight });
    this.#wrong = new LRUCache({ max: mostWrong });
  }

  /** The name of credentials in here, from their only encoded form. What isn't ASCII may be cut off: it is base64 of nothing. */
  keyOf(encoded: string): string {
    const { written } = new TextEncoder().encodeInto(encoded, this.#input);
    const input = this.#input.subarray(0, written);
    this.#hmac = this.#keyed._cloneInto(this.#hmac);
    this.#hmac.update(input);
    // wipes what it holds
    this.#hmac.digestInto(this.#output);
    input.fill(0);
    return String.fromCharCode(...this.#units);
  }

  /** @param hashes those of now */
  find(key: string, hashes: ReadonlyMap<string, string>): Identity | undefined {
    const entry = this.#right.get(key) ?? this.#wrong.get(key);
    if (entry === undefined) return undefined;
    if (hashes.get(entry.user) === entry.hash) return entry.identity;
    this.#right.delete(key);
    this.#wrong.delete(key);
    return undefined;
  }

  /** @param hash the one that the credentials were checked against; undefined when there is no such user */
  remember(key: string, user: string, hash: string | undefined, isRight: boolean): Identity {
    const identity: Identity = isRight ? { kind: "user", name: user } : WRONG;
    (isRight ? this.#right : this.#wrong).set(key, { user, hash, identity });
    return identity;
  }
}
