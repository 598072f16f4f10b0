import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import type { TokenOptions } from "../../src/auth/token/token.ts";
import { Certificates, type Issued } from "./certificates.ts";
import { jws, privateKey, signerOf } from "./jws.ts";
import { run } from "./process.ts";

export const ISSUER = "issuer.test";
export const SERVICE = "registry.test";
export const REALM = "https://auth.test/token";

type Json = Readonly<Record<string, unknown>>;

/** Keys and certificates that tokens of the tests are signed by, and the two files that a registry is given. */
export class TokenWorld implements AsyncDisposable {
  /** Of the JWKS, by their ids there. */
  readonly keys = {
    ec1: generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey,
    ec2: generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey,
    rsa1: generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey,
    ed1: generateKeyPairSync("ed25519").privateKey,
  };
  /** Nobody trusts it. */
  readonly stranger = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;

  private constructor(
    readonly certificates: Certificates,
    /** Self-signed and of the bundle: tokens name its key by an id made from it. */
    readonly signer: Issued,
    readonly signerKey: KeyObject,
  ) {}

  static async make(): Promise<TokenWorld> {
    const certificates = await Certificates.make();
    const { folder } = certificates;
    const signer = { certificate: folder.at("signer.pem"), key: folder.at("signer.key") };
    await run([
      ..."openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=signer".split(" "),
      ...["-keyout", signer.key, "-out", signer.certificate],
    ]);
    const world = new TokenWorld(certificates, signer, privateKey(signer.key));
    await world.writeBundle([certificates.root.certificate, signer.certificate]);
    await world.writeJwks(world.keys);
    return world;
  }

  get bundle(): string {
    return this.certificates.folder.at("bundle.pem");
  }

  get jwks(): string {
    return this.certificates.folder.at("jwks.json");
  }

  /** Writes the file anew, renamed over the old one. */
  async writeBundle(paths: readonly string[]): Promise<void> {
    const texts = await Promise.all(paths.map((path) => Deno.readTextFile(path)));
    await replace(this.bundle, texts.join(""));
  }

  async writeJwks(keys: Readonly<Record<string, KeyObject>>): Promise<void> {
    const listed = Object.entries(keys).map(([kid, key]) => ({ kid, ...publicJwk(key) }));
    await replace(this.jwks, JSON.stringify({ keys: listed }));
  }

  options(changes: Partial<TokenOptions> = {}): TokenOptions {
    return {
      realm: REALM,
      service: SERVICE,
      issuer: ISSUER,
      rootcertbundle: this.bundle,
      jwks: this.jwks,
      autoredirect: false,
      autoredirectpath: "/auth/token",
      signingalgorithms: [],
      ...changes,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.certificates[Symbol.asyncDispose]();
  }
}

/** Claims of a good token that lets its holder pull and push `a/b`, for five minutes from now. */
export function claims(changes: Json = {}): Json {
  const now = seconds();
  return {
    iss: ISSUER,
    aud: SERVICE,
    sub: "alice",
    iat: now,
    nbf: now,
    exp: now + 300,
    jti: crypto.randomUUID(),
    access: [{ type: "repository", name: "a/b", actions: ["pull", "push"] }],
    ...changes,
  };
}

/** Seconds since 1970, and so many later. */
export function seconds(later = 0): number {
  return Math.floor(Date.now() / 1000) + later;
}

/** A token as token servers make them. */
export function mint(
  key: KeyObject,
  algorithm: string,
  header: Json,
  payload: Json | string | Uint8Array = claims(),
): string {
  return jws({ typ: "JWT", alg: algorithm, ...header }, payload, signerOf(key, algorithm));
}

export function publicJwk(key: KeyObject): Json {
  return { ...createPublicKey(key).export({ format: "jwk" }) };
}

/** A key on P-256 of which x begins with a zero, as one of 256 does; the other coordinate must have none, so that there is one short form. */
export function ecKeyWithLeadingZero(): KeyObject {
  for (;;) {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const { x, y } = publicJwk(privateKey);
    const first = (text: unknown) => Uint8Array.fromBase64(String(text), { alphabet: "base64url" });
    const [rest] = first(x).subarray(1);
    if (first(x)[0] === 0 && rest !== 0 && first(y)[0] !== 0) return privateKey;
  }
}

async function replace(path: string, text: string): Promise<void> {
  await Deno.writeTextFile(`${path}.new`, text);
  await Deno.rename(`${path}.new`, path);
}
