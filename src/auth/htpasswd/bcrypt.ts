import { hash as bcryptHash, hashSync } from "bcryptjs";
import { randomSalt, SALT_END } from "./bcrypt_hash.ts";

/**
 * Whether the password is the one of the hash. As in Go's bcrypt, which distribution uses, only the first 72 bytes count, and a NUL
 * is a byte like others. Blocks for as long as the cost makes it.
 */
export function isPassword(password: string, hash: string): boolean {
  // 22 characters have four bits more than a salt, which bcryptjs sets to zero and Go passes over: only what follows is compared
  const made = hashSync(password, hash.slice(0, SALT_END));
  let difference = made.length ^ hash.length;
  for (let i = SALT_END; i < hash.length; i++) {
    difference |= made.charCodeAt(i) ^ hash.charCodeAt(i);
  }
  return difference === 0;
}

/** The hash of a new password. Gives others a turn now and then. */
export async function hashPassword(password: string, cost: number): Promise<string> {
  return await bcryptHash(password, randomSalt(cost));
}
