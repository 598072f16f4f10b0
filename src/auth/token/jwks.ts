import { isObject } from "./strict_json.ts";
import { isForSignatures, type VerificationKey, verificationKey } from "./verification_key.ts";

/** A key of a set; without an id of its own it goes by those of keyIdsOf. */
export interface NamedKey {
  readonly id: string | undefined;
  readonly key: VerificationKey;
  readonly isPrivate: boolean;
}

/**
 * The keys of a JSON Web Key Set that can check signatures; others (secrets, for encryption, of unknown types) are passed over (RFC
 * 7517 section 5).
 * @throws Error with a sentence that names the file and the key by its index
 */
export function keysOfSet(
  path: string,
  bytes: Uint8Array<ArrayBuffer>,
): readonly NamedKey[] {
  const listed = parse(path, bytes);
  const found: NamedKey[] = [];
  for (const [index, jwk] of listed.entries()) {
    const fail = (why: string) => new Error(`Cannot use ${path}: keys[${index}]: ${why}`);
    if (!isObject(jwk)) throw fail("found no object, expected a JSON Web Key");
    if (!isForSignatures(jwk)) continue;
    const id = jwk.kid;
    if (id !== undefined && typeof id !== "string") throw fail('"kid" must be a text');
    try {
      found.push({
        id: id || undefined,
        key: verificationKey(jwk),
        isPrivate: jwk.d !== undefined,
      });
    } catch (error) {
      throw fail(error instanceof Error ? error.message : "it cannot be used");
    }
  }
  if (found.length > 0) return found;
  throw new Error(
    `Cannot use ${path}: found no key that can check signatures, expected some in "keys"`,
  );
}

function parse(path: string, bytes: Uint8Array<ArrayBuffer>): readonly unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    // the parser's own words quote the file, which may hold a private key
    throw new Error(`Cannot use ${path}: it is not JSON, expected a JSON Web Key Set`);
  }
  if (isObject(value) && Array.isArray(value.keys)) return value.keys;
  throw new Error(
    `Cannot use ${path}: found no list "keys", expected a JSON Web Key Set: {"keys": [...]}`,
  );
}
