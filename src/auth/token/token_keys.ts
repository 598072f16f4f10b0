import type { X509Certificate } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { Logger } from "../../log/logger.ts";
import { keysOfSet } from "./jwks.ts";
import { keyIdsOf } from "./key_id.ts";
import { certificatesOf } from "./pem_bundle.ts";
import { type VerificationKey, verificationKey } from "./verification_key.ts";

/** Paths; at least one of the two is there. */
export interface KeyFiles {
  readonly rootcertbundle: string | undefined;
  readonly jwks: string | undefined;
}

/** The key that a token has to be signed by, and how long it may be used (milliseconds since 1970; Infinity for a configured one). */
export interface SigningKey {
  readonly key: VerificationKey;
  readonly until: number;
}

/** Token servers have one chain, or a few. */
const MOST_CHAINS = 64;

/** What tokens may be signed by. Made anew when a file changes, so that it stands for one version of them. */
export class TokenKeys {
  /** The keys of chains that were found to lead to a root, by all their certificates. Only what is trusted gets in here. */
  readonly chains = new LRUCache<string, SigningKey>({ max: MOST_CHAINS });

  constructor(
    /** Where chains of certificates have to end. */
    readonly roots: readonly X509Certificate[],
    private readonly byId: ReadonlyMap<string, readonly VerificationKey[]>,
  ) {}

  /** The configured key of this name for this algorithm, the last when there are several (as in distribution). */
  find(id: string, algorithm: string): VerificationKey | undefined {
    return this.byId.get(id)?.findLast(({ algorithms }) => algorithms.includes(algorithm));
  }
}

/** The files in the order in which `readTokenKeys` wants their contents. */
export function pathsOf({ rootcertbundle, jwks }: KeyFiles): readonly string[] {
  return [rootcertbundle, jwks].filter((path) => path !== undefined);
}

/** @throws Error with a sentence that names the file, and the block or the key in it */
export function readTokenKeys(
  files: KeyFiles,
  contents: readonly Uint8Array<ArrayBuffer>[],
  logger: Pick<Logger, "warn">,
): TokenKeys {
  const rest = [...contents];
  const byId = new Map<string, VerificationKey[]>();
  const add = (ids: readonly string[], key: VerificationKey) => {
    for (const id of ids) byId.set(id, [...byId.get(id) ?? [], key]);
  };
  const roots: X509Certificate[] = [];
  if (files.rootcertbundle !== undefined) {
    const path = files.rootcertbundle;
    for (const { certificate, line } of certificatesOf(path, rest.shift() ?? new Uint8Array())) {
      const key = usableKey(certificate, `Cannot use ${path}: the certificate in line ${line}`);
      add(keyIdsOf(key.jwk), key);
      roots.push(certificate);
    }
  }
  if (files.jwks !== undefined) {
    for (
      const { id, key, isPrivate } of keysOfSet(files.jwks, rest.shift() ?? new Uint8Array())
    ) {
      add(id === undefined ? keyIdsOf(key.jwk) : [id], key);
      if (isPrivate) {
        logger.warn(
          `${files.jwks} holds a private key, and only public ones are needed here: whoever reads it can make tokens`,
        );
      }
    }
  }
  return new TokenKeys(roots, byId);
}

function usableKey(certificate: X509Certificate, place: string): VerificationKey {
  try {
    return keyOf(certificate);
  } catch (error) {
    throw new Error(`${place}: ${error instanceof Error ? error.message : "it cannot be used"}`);
  }
}

/** The key in a certificate. @throws Error that ends a sentence, see verificationKey */
export function keyOf(certificate: X509Certificate): VerificationKey {
  let jwk: Record<string, unknown>;
  try {
    jwk = { ...certificate.publicKey.export({ format: "jwk" }) };
  } catch {
    jwk = {};
  }
  return verificationKey(jwk);
}
