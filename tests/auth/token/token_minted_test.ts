import { assertEquals } from "@std/assert";
import { importPKCS8, SignJWT } from "jose";
import { base64url } from "../../support/jws.ts";
import { run } from "../../support/process.ts";
import { OpenToken } from "../../support/token_controller.ts";
import { claims, publicJwk, seconds, TokenWorld } from "../../support/token_world.ts";
import { privateKey } from "../../support/jws.ts";
import { toolTest } from "../../support/tools.ts";

interface Kind {
  readonly genpkey: readonly string[];
  /** Arguments of `openssl dgst`; for Ed25519, which signs no digest, pkeyutl is used. */
  readonly sign?: readonly string[];
  /** Bytes of each number of an ECDSA signature. */
  readonly width?: number;
}

const RSA = ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
const PSS = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:-1"];
const curve = (name: string) => ["EC", "-pkeyopt", `ec_paramgen_curve:${name}`];

const KINDS: Readonly<Record<string, Kind>> = {
  RS256: { genpkey: RSA, sign: ["-sha256"] },
  RS384: { genpkey: RSA, sign: ["-sha384"] },
  RS512: { genpkey: RSA, sign: ["-sha512"] },
  PS256: { genpkey: RSA, sign: ["-sha256", ...PSS] },
  PS384: { genpkey: RSA, sign: ["-sha384", ...PSS] },
  PS512: { genpkey: RSA, sign: ["-sha512", ...PSS] },
  ES256: { genpkey: curve("P-256"), sign: ["-sha256"], width: 32 },
  ES384: { genpkey: curve("P-384"), sign: ["-sha384"], width: 48 },
  ES512: { genpkey: curve("P-521"), sign: ["-sha512"], width: 66 },
  EdDSA: { genpkey: ["ED25519"] },
};

toolTest(
  { tools: ["openssl"] },
  "tokens minted by openssl are accepted, in each algorithm",
  async () => {
    await using world = await TokenWorld.make();
    const { folder } = world.certificates;
    for (const [alg, { genpkey }] of Object.entries(KINDS)) {
      await run(["openssl", "genpkey", "-algorithm", ...genpkey, "-out", folder.at(alg)]);
    }
    const keys = Object.keys(KINDS).map((alg) => [alg, privateKey(folder.at(alg))] as const);
    await world.writeJwks(Object.fromEntries(keys));
    await using open = await OpenToken.open(world.options());
    for (const [alg, kind] of Object.entries(KINDS)) {
      const input = `${base64url({ alg, kid: alg, typ: "JWT" })}.${base64url(claims())}`;
      await Deno.writeTextFile(folder.at("input"), input);
      const files = kind.sign === undefined
        ? ["pkeyutl", "-sign", "-rawin", "-inkey", folder.at(alg), "-in", folder.at("input")]
        : ["dgst", ...kind.sign, "-sign", folder.at(alg)];
      const last = kind.sign === undefined ? [] : [folder.at("input")];
      await run(["openssl", ...files, "-out", folder.at("signature"), ...last]);
      const bytes = await Deno.readFile(folder.at("signature"));
      const signature = kind.width === undefined ? bytes : rawOf(bytes, kind.width);
      const token = `${input}.${base64url(signature)}`;
      assertEquals((await open.ask(token)).granted, true, alg);
      signature[signature.length - 5] = (signature[signature.length - 5] ?? 0) ^ 1;
      assertEquals((await open.ask(`${input}.${base64url(signature)}`)).granted, false, alg);
    }
  },
);

toolTest({ tools: ["openssl"] }, "tokens minted by jose are accepted", async () => {
  await using world = await TokenWorld.make();
  await using open = await OpenToken.open(world.options());
  const { ec1, rsa1, ed1 } = world.keys;
  for (
    const [alg, kid, key] of [["ES256", "ec1", ec1], ["PS384", "rsa1", rsa1], [
      "EdDSA",
      "ed1",
      ed1,
    ]] as const
  ) {
    const pem = key.export({ type: "pkcs8", format: "pem" }).toString();
    const token = await new SignJWT({ access: [] })
      .setProtectedHeader({ alg, kid })
      .setIssuer("issuer.test").setAudience("registry.test").setExpirationTime(seconds(60))
      .sign(await importPKCS8(pem, alg));
    assertEquals((await open.ask(token)).granted, true, alg);
  }
  assertEquals(publicJwk(ec1).d, undefined);
});

/** The two numbers of a DER signature, each in so many bytes (RFC 7518 section 3.4). */
function rawOf(der: Uint8Array, width: number): Uint8Array {
  const raw = new Uint8Array(2 * width);
  let at = (der[1] ?? 0) > 127 ? 3 : 2;
  for (const end of [width, 2 * width]) {
    const length = der[at + 1] ?? 0;
    const number = der.subarray(at + 2, at + 2 + length);
    const digits = number[0] === 0 ? number.subarray(1) : number;
    raw.set(digits, end - digits.length);
    at += 2 + length;
  }
  return raw;
}
