import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { jws, signerOf } from "./jws.ts";
import { claims, mint, publicJwk, seconds, type TokenWorld } from "./token_world.ts";

/** A token, and what a registry has to say to it. */
export interface TokenCase {
  readonly name: string;
  readonly token: string;
  readonly accepted: boolean;
  /** True when the key is in the JWKS, which registry 2 doesn't know. */
  readonly needsJwks?: boolean;
  /** Why registry 3, or 2, judges otherwise. */
  readonly unlike3?: string;
  readonly unlike2?: string;
}

type Json = Readonly<Record<string, unknown>>;
export type Difference = Pick<TokenCase, "unlike2" | "unlike3">;

const NO_PSS_OR_CURVE = "libtrust's list of algorithms is RS* and ES*";

/** @param kid the name of the key in the bundle's self-signed certificate */
export function keyCases(world: TokenWorld, kid: string): TokenCase[] {
  const { signerKey, keys, stranger } = world;
  const bundled = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"].map((alg) => ({
    name: `${alg} by a bundled certificate's key`,
    token: mint(signerKey, alg, { kid }),
    accepted: true,
    ...(alg.startsWith("PS") ? { unlike2: NO_PSS_OR_CURVE } : {}),
  }));
  const own = (name: string, accepted: boolean, token: string, more: Difference = {}) => ({
    name,
    token,
    accepted,
    needsJwks: true,
    ...more,
  });
  return [
    ...bundled,
    own("ES256 by a key of the JWKS", true, mint(keys.ec1, "ES256", { kid: "ec1" })),
    own("RS256 by a key of the JWKS", true, mint(keys.rsa1, "RS256", { kid: "rsa1" })),
    own("EdDSA by a key of the JWKS", true, mint(keys.ed1, "EdDSA", { kid: "ed1" })),
    own("kid of another configured key", false, mint(keys.ec2, "ES256", { kid: "ec1" })),
    own("ES256 with the kid of an RSA key", false, mint(keys.ec1, "ES256", { kid: "rsa1" })),
    own("RS256 with the kid of an EC key", false, mint(keys.rsa1, "RS256", { kid: "ec1" })),
    own(
      "embedded jwk that is a configured key",
      true,
      mint(keys.ec1, "ES256", { jwk: { ...publicJwk(keys.ec1), kid: "ec1" } }),
    ),
    own(
      "embedded jwk of a stranger under a trusted kid (CVE-2025-24976)",
      false,
      mint(stranger, "ES256", { jwk: { ...publicJwk(stranger), kid: "ec1" } }),
    ),
    own(
      "embedded jwk of a stranger beside a trusted kid",
      false,
      mint(stranger, "ES256", { kid: "ec1", jwk: publicJwk(stranger) }),
    ),
    own(
      "an ES256 signature in DER",
      false,
      derSigned(keys.ec1, { alg: "ES256", kid: "ec1" }),
    ),
    own(
      "an ES256 signature of zeros",
      false,
      jws({ alg: "ES256", kid: "ec1" }, claims(), () => new Uint8Array(64)),
    ),
    ...confusions(signerKey, kid),
    ...unnamed(signerKey, stranger),
  ];
}

/** Algorithms that are none, or others than that of the key. */
function confusions(key: KeyObject, kid: string): TokenCase[] {
  const pem = createPublicKey(key).export({ type: "spki", format: "pem" }).toString();
  const der = createPublicKey(key).export({ type: "spki", format: "der" });
  const hmac = (secret: string | Uint8Array) => (input: string) =>
    createHmac("sha256", secret).update(input).digest();
  const refused = (name: string, token: string) => ({ name, token, accepted: false });
  const empty = () => new Uint8Array();
  return [
    ...["none", "None", "nOnE", "NONE", "", "rs256", "RS256 ", "HS256"].map((alg) =>
      refused(`alg ${JSON.stringify(alg)} unsigned`, jws({ alg, kid }, claims(), empty))
    ),
    ...["none", "nOnE"].map((alg) =>
      refused(`alg ${alg} with a signature`, jws({ alg, kid }, claims(), signerOf(key, "RS256")))
    ),
    refused("no alg", jws({ kid }, claims(), signerOf(key, "RS256"))),
    refused("alg of another type", jws({ kid, alg: ["RS256"] }, claims(), signerOf(key, "RS256"))),
    refused("HS256 by the public key as PEM", jws({ alg: "HS256", kid }, claims(), hmac(pem))),
    refused("HS256 by the trimmed PEM", jws({ alg: "HS256", kid }, claims(), hmac(pem.trim()))),
    refused("HS256 by the public key as DER", jws({ alg: "HS256", kid }, claims(), hmac(der))),
    refused("HS256 by nothing", jws({ alg: "HS256", kid }, claims(), hmac(""))),
    refused("RS256 over SHA-384", jws({ alg: "RS256", kid }, claims(), signerOf(key, "RS384"))),
    refused("PS256 named RS256", jws({ alg: "RS256", kid }, claims(), signerOf(key, "PS256"))),
  ];
}

/** Keys that the configuration doesn't name. */
function unnamed(key: KeyObject, stranger: KeyObject): TokenCase[] {
  const refused = (name: string, header: Json, by = stranger, alg = "ES256") => ({
    name,
    token: mint(by, alg, header),
    accepted: false,
  });
  const address = "http://127.0.0.1:9/keys.json";
  return [
    refused("no kid", {}, key, "RS256"),
    refused("an empty kid", { kid: "" }, key, "RS256"),
    refused("a kid of another type", { kid: 7 }, key, "RS256"),
    refused("an unknown kid", { kid: "unknown" }, key, "RS256"),
    refused("a kid that is a path", { kid: "../../../../../../dev/null" }, key, "RS256"),
    refused("a kid that is a file", { kid: "file:///dev/null" }, key, "RS256"),
    refused("a kid that is an object's member", { kid: "__proto__" }, key, "RS256"),
    refused("a kid that is a query", { kid: "' OR 1=1 --" }, key, "RS256"),
    {
      name: "HS256 by the empty file that the kid names",
      token: jws(
        { alg: "HS256", kid: "../../../../dev/null" },
        claims(),
        (input) => createHmac("sha256", "").update(input).digest(),
      ),
      accepted: false,
    },
    refused("an embedded jwk without a name", { jwk: publicJwk(stranger) }),
    refused("an embedded jwk that is a text", { jwk: "x" }),
    refused("jku", { jku: address }),
    refused("jku with a kid", { jku: address, kid: "x" }),
    refused("x5u", { x5u: address }),
  ];
}

/** Claims that are wrong in time, place or form. @param kid as of keyCases */
export function claimCases(world: TokenWorld, kid: string): TokenCase[] {
  const make = (
    name: string,
    accepted: boolean,
    changes: Json,
    more: Difference = {},
  ): TokenCase => ({
    name,
    accepted,
    token: mint(world.signerKey, "RS256", { kid }, claims(changes)),
    ...more,
  });
  const both = (why: string) => ({ unlike2: why, unlike3: why });
  return [
    make("another issuer", false, { iss: "other" }),
    make("a longer issuer", false, { iss: "issuer.test.evil" }),
    make("an issuer in other letters", false, { iss: "Issuer.test" }),
    make("a list of issuers", false, { iss: ["issuer.test"] }),
    make("no issuer", false, { iss: undefined }),
    make("another audience", false, { aud: "other" }),
    make("a longer audience", false, { aud: "registry.test.evil" }),
    make("a list with the audience", true, { aud: ["other", "registry.test"] }, {
      unlike2: "it reads one text only",
    }),
    make("a list of other audiences", false, { aud: ["other"] }),
    make("an empty list of audiences", false, { aud: [] }),
    make("a list of audiences with a number", false, { aud: ["registry.test", 7] }),
    make("no audience", false, { aud: undefined }),
    make("an audience of another type", false, { aud: { "registry.test": true } }),
    make("no exp", false, { exp: undefined }),
    make("exp as text", false, { exp: String(seconds(300)) }),
    make("exp null", false, { exp: null }),
    make("exp with a fraction", true, { exp: seconds(300) + 0.5 }, {
      ...both("Go reads whole numbers only; RFC 7519 section 2 allows fractions"),
    }),
    make("exp past, within the leeway", true, { exp: seconds(-50) }),
    make("exp past, beyond the leeway", false, { exp: seconds(-70) }),
    make("nbf ahead, within the leeway", true, { nbf: seconds(50) }),
    make("nbf ahead, beyond the leeway", false, { nbf: seconds(70) }),
    make("nbf as text", false, { nbf: "0" }),
    make("no nbf", true, { nbf: undefined }),
    make("iat ahead, within the leeway", true, { iat: seconds(50) }),
    make("iat ahead, beyond the leeway", false, { iat: seconds(70) }, {
      ...both("Go doesn't look at iat: a token from the future is a clock that is wrong"),
    }),
    make("iat as text", false, { iat: "0" }),
    make("no iat, jti and sub", true, { iat: undefined, jti: undefined, sub: undefined }),
    make("sub of another type", false, { sub: 7 }),
    ...accessForms(make),
  ];
}

type Make = (name: string, accepted: boolean, changes: Json, more?: Difference) => TokenCase;

function accessForms(make: Make): TokenCase[] {
  const entry = { type: "repository", name: "a/b", actions: ["pull"] };
  return [
    make("no access", true, { access: undefined }),
    make("access null", true, { access: null }),
    make("access empty", true, { access: [] }),
    make("access of unknown type", true, { access: [{ ...entry, type: "other" }] }),
    make("access with a class", true, { access: [{ ...entry, class: "image" }] }),
    make("access without actions", true, { access: [{ ...entry, actions: null }] }),
    make("access a text", false, { access: "repository:a/b:pull" }),
    make("access an object", false, { access: entry }),
    make("access a list of texts", false, { access: ["repository:a/b:pull"] }),
    make("access a list of null", false, { access: [null] }),
    make("actions a text", false, { access: [{ ...entry, actions: "pull" }] }),
    make("actions a list of numbers", false, { access: [{ ...entry, actions: [1] }] }),
    make("name a number", false, { access: [{ ...entry, name: 7 }] }),
    make("type a list", false, { access: [{ ...entry, type: ["repository"] }] }),
    make("more entries than are looked at", false, { access: Array(1001).fill({}) }, {
      unlike2: "no bound",
      unlike3: "no bound",
    }),
  ];
}

function derSigned(key: KeyObject, header: Json): string {
  const raw = signerOf(key, "ES256");
  const integer = (bytes: Uint8Array) => {
    const start = bytes.findIndex((byte) => byte !== 0);
    const short = bytes.subarray(start);
    const padded = (short[0] ?? 0) > 127 ? [0, ...short] : [...short];
    return [2, padded.length, ...padded];
  };
  return jws(header, claims(), (input) => {
    const bytes = raw(input);
    const both = [...integer(bytes.subarray(0, 32)), ...integer(bytes.subarray(32))];
    return Uint8Array.from([0x30, both.length, ...both]);
  });
}

/** A key that is too short to be trusted. */
export function shortRsaKey(): KeyObject {
  return generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey;
}
