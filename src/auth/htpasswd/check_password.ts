import { isPassword } from "./bcrypt.ts";
import { costOf, dummyHash } from "./bcrypt_hash.ts";
import type { BcryptCheck } from "./bcrypt_worker_protocol.ts";

/** Checks, and after a wrong password goes on until as many rounds are done as the highest cost takes. */
export function checkPassword(
  { password, hash, wrongCost }: BcryptCheck,
  check: (password: string, hash: string) => boolean = isPassword,
): boolean {
  if (check(password, hash)) return true;
  // 2^c + (2^c + 2^(c+1) + ... + 2^(w-1)) = 2^w
  for (let cost = costOf(hash) ?? wrongCost; cost < wrongCost; cost++) {
    check(password, dummyHash(cost));
  }
  return false;
}
