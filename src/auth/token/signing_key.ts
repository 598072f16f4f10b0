import { isObject } from "./strict_json.ts";
import { keyOf, type SigningKey, type TokenKeys } from "./token_keys.ts";
import { UnusableToken } from "./unusable_token.ts";
import { parseX5c, trustedLeaf } from "./x509_chain.ts";

/**
 * What the header of a token names, by distribution's order (VerifySigningKey): a chain of certificates, the name in an embedded key,
 * a name. Only configured keys and those of chains to a configured root come out of here: the embedded key itself (CVE-2025-24976) and
 * addresses (`jku`, `x5u`) are not looked at.
 * @throws UnusableToken
 */
export function signingKey(
  header: Readonly<Record<string, unknown>>,
  algorithm: string,
  keys: TokenKeys,
  now: number,
): SigningKey {
  const embedded = isObject(header.jwk) ? header.jwk : undefined;
  const x5c = header.x5c ?? embedded?.x5c;
  if (x5c !== undefined) return fromChain(x5c, algorithm, keys, now);
  const id = embedded === undefined ? header.kid : embedded.kid;
  if (typeof id !== "string" || id === "") {
    throw new UnusableToken('its header names no key, expected "kid" or "x5c"');
  }
  const key = keys.find(id, algorithm);
  if (key !== undefined) return { key, until: Infinity };
  throw new UnusableToken("no configured key has its name and fits its algorithm");
}

function fromChain(
  x5c: unknown,
  algorithm: string,
  keys: TokenKeys,
  now: number,
): SigningKey {
  const name = JSON.stringify(x5c);
  const found = keys.chains.get(name);
  const trusted = found !== undefined && now <= found.until ? found : prove(x5c, keys, now);
  keys.chains.set(name, trusted);
  if (trusted.key.algorithms.includes(algorithm)) return trusted;
  throw new UnusableToken("the key of its certificate does not fit its algorithm");
}

function prove(x5c: unknown, keys: TokenKeys, now: number): SigningKey {
  const chain = parseX5c(x5c);
  if (chain === undefined) throw new UnusableToken('its "x5c" is no list of certificates');
  const trusted = trustedLeaf(chain, keys.roots, now);
  if (trusted === undefined) {
    throw new UnusableToken("no valid way leads from its certificate to a configured root");
  }
  try {
    return { key: keyOf(trusted.leaf), until: trusted.until };
  } catch {
    throw new UnusableToken("the key of its certificate is too short, or of an unknown type");
  }
}
