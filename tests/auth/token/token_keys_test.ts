import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { readTokenKeys, type TokenKeys } from "../../../src/auth/token/token_keys.ts";
import { openToken } from "../../../src/auth/token/token.ts";
import { systemClock } from "../../../src/async/clock.ts";
import { NO_METRICS } from "../../../src/metrics/metrics.ts";
import { RecordedLog } from "../../support/recorded_log.ts";
import { shortRsaKey } from "../../support/token_cases.ts";
import { publicJwk, TokenWorld } from "../../support/token_world.ts";
import { toolTest } from "../../support/tools.ts";

const NEEDS = { tools: ["openssl"] };
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const jwk = publicJwk(ec);

function readJwks(value: unknown, log = new RecordedLog()): TokenKeys {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const files = { rootcertbundle: undefined, jwks: "/keys.json" };
  return readTokenKeys(files, [new TextEncoder().encode(text)], log);
}

function readBundle(text: string): TokenKeys {
  const files = { rootcertbundle: "/bundle.pem", jwks: undefined };
  return readTokenKeys(files, [new TextEncoder().encode(text)], new RecordedLog());
}

Deno.test("a JWKS gives its keys by their kid and for their algorithm", () => {
  const rsa = publicJwk(generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey);
  const keys = readJwks({
    keys: [{ ...jwk, kid: "x" }, { ...rsa, kid: "x" }, { ...rsa, kid: "y", alg: "RS256" }],
  });
  assertEquals(keys.find("x", "ES256")?.jwk.kty, "EC");
  assertEquals(keys.find("x", "RS512")?.jwk.kty, "RSA");
  assertEquals(keys.find("y", "RS256")?.jwk.kty, "RSA");
  for (const [kid, algorithm] of [["y", "RS512"], ["x", "ES384"], ["x", "HS256"], ["z", "ES256"]]) {
    assertEquals(keys.find(kid ?? "", algorithm ?? ""), undefined);
  }
});

Deno.test("of two keys with one kid the last counts, as in distribution", () => {
  const other = publicJwk(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
  const keys = readJwks({ keys: [{ ...jwk, kid: "x" }, { ...other, kid: "x" }] });
  assertEquals(keys.find("x", "ES256")?.jwk.x, other.x);
});

Deno.test("only the public part of a private key is kept, and the log warns", () => {
  const log = new RecordedLog();
  const whole = { ...ec.export({ format: "jwk" }) };
  const keys = readJwks({ keys: [{ ...whole, kid: "x" }] }, log);
  const kept = keys.find("x", "ES256")?.jwk ?? {};
  assertEquals({ ...kept }, { kty: "EC", crv: "P-256", x: jwk.x, y: jwk.y });
  assertEquals(log.lines.length, 1);
  assertEquals(log.lines.join().includes(String(whole.d)), false);
});

Deno.test("keys that check no signatures are passed over", () => {
  const keys = readJwks({
    keys: [
      { kty: "oct", k: "c2VjcmV0", kid: "secret", alg: "HS256" },
      { ...jwk, kid: "x", use: "enc" },
      { ...jwk, kid: "x", key_ops: ["sign"] },
      { kty: "new", kid: "x" },
      { ...jwk, kid: "y", use: "sig", key_ops: ["verify"] },
    ],
  });
  assertEquals(keys.find("secret", "HS256"), undefined);
  assertEquals(keys.find("x", "ES256"), undefined);
  assertEquals(keys.find("y", "ES256")?.algorithms, ["ES256"]);
});

const CURVES = "EC on P-256, P-384 or P-521, or Ed25519";
const BAD_SETS: Readonly<Record<string, [unknown, string]>> = {
  "no JSON": ["nonsense s3cret", "it is not JSON, expected a JSON Web Key Set"],
  "a list": ["[]", 'found no list "keys", expected a JSON Web Key Set: {"keys": [...]}'],
  "no list": [{ keys: {} }, 'found no list "keys", expected a JSON Web Key Set: {"keys": [...]}'],
  "no keys": [{ keys: [] }, 'found no key that can check signatures, expected some in "keys"'],
  "secrets only": [
    { keys: [{ kty: "oct", k: "c2VjcmV0" }] },
    'found no key that can check signatures, expected some in "keys"',
  ],
  "no object": [{ keys: [jwk, 7] }, "keys[1]: found no object, expected a JSON Web Key"],
  "a kid of another type": [{ keys: [{ ...jwk, kid: 7 }] }, 'keys[0]: "kid" must be a text'],
  "a short RSA key": [
    { keys: [jwk, publicJwk(shortRsaKey())] },
    `keys[1]: found an RSA key of 1024 bits, expected RSA of at least 2048 bits, ${CURVES}`,
  ],
  "an RSA key without numbers": [
    { keys: [{ kty: "RSA" }] },
    `keys[0]: found an RSA key of 0 bits, expected RSA of at least 2048 bits, ${CURVES}`,
  ],
  "another curve": [
    { keys: [{ ...jwk, crv: "secp256k1" }] },
    `keys[0]: found a key of another type, expected RSA of at least 2048 bits, ${CURVES}`,
  ],
  "a point off its curve": [
    { keys: [{ ...jwk, x: jwk.y }] },
    `keys[0]: found a key of type EC that cannot be read, expected RSA of at least 2048 bits, ${CURVES}`,
  ],
  "an alg of another type of key": [
    { keys: [{ ...jwk, alg: "RS256" }] },
    'keys[0]: found an "alg" that a key of its type cannot have, expected one of ES256',
  ],
  "an alg that is a shared secret's": [
    { keys: [{ ...jwk, alg: "HS256" }] },
    'keys[0]: found an "alg" that a key of its type cannot have, expected one of ES256',
  ],
};

for (const [what, [value, message]] of Object.entries(BAD_SETS)) {
  Deno.test(`a JWKS with ${what} is refused with the place`, () => {
    const error = assertThrows(() => readJwks(value), Error);
    assertEquals(error.message, `Cannot use /keys.json: ${message}`);
  });
}

toolTest(
  NEEDS,
  "a bundle may hold other blocks and text between them (distribution's TestNewAccessControllerPemBlock)",
  async () => {
    await using world = await TokenWorld.make();
    const bundle = await Deno.readTextFile(world.bundle);
    const key = await Deno.readTextFile(world.signer.key);
    const keys = readBundle(`# roots\r\n${key}${bundle.replaceAll("\n", "\r\n")}\0\x30\xff`);
    assertEquals(keys.roots.length, 2);
  },
);

toolTest(NEEDS, "a bundle that cannot be used is refused with block and line", async () => {
  await using world = await TokenWorld.make();
  const root = await Deno.readTextFile(world.certificates.root.certificate);
  const lines = root.trim().split("\n").length;
  const cut = `${root}\n${root.slice(0, -60)}`;
  const broken = root.replace(/\n[^-]/, "\n*");
  const other = root.replace(
    /-----BEGIN[^]*-----END/,
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END",
  );
  for (
    const [text, message] of [
      ["", "found no certificate, expected blocks that begin with -----BEGIN CERTIFICATE-----"],
      [
        createPublicKey(ec).export({ type: "spki", format: "pem" }).toString(),
        "found no certificate, expected blocks that begin with -----BEGIN CERTIFICATE-----",
      ],
      [
        cut,
        `block 2 in line ${
          lines + 2
        } cannot be read, expected a certificate in PEM. Write it again whole`,
      ],
      [
        broken,
        "block 1 in line 1 cannot be read, expected a certificate in PEM. Write it again whole",
      ],
      [
        other,
        "block 1 in line 1 cannot be read, expected a certificate in PEM. Write it again whole",
      ],
    ] as const
  ) {
    const error = assertThrows(() => readBundle(text), Error);
    assertEquals(error.message, `Cannot use /bundle.pem: ${message}`);
  }
});

toolTest(NEEDS, "a bundled certificate with a short key is refused with its line", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const out = `${folder}/short.pem`;
    const args = "req -x509 -newkey rsa:1024 -nodes -subj /CN=short -keyout".split(" ");
    const { success } = await new Deno.Command("openssl", {
      args: [...args, `${folder}/key`, "-out", out],
      stderr: "null",
    }).output();
    assertEquals(success, true);
    const text = await Deno.readTextFile(out);
    const error = assertThrows(() => readBundle(`\n\n${text}`), Error);
    assertEquals(
      error.message,
      "Cannot use /bundle.pem: the certificate in line 3: found an RSA key of 1024 bits, " +
        `expected RSA of at least 2048 bits, ${CURVES}`,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

toolTest(NEEDS, "openToken() rejects with the path of a file that is missing", async () => {
  await using world = await TokenWorld.make();
  const parts = { logger: new RecordedLog(), metrics: NO_METRICS, clock: systemClock };
  for (const name of ["rootcertbundle", "jwks"] as const) {
    const missing = world.certificates.folder.at("missing");
    const error = await assertRejects(
      () => openToken(world.options({ [name]: missing }), parts),
      Error,
    );
    assertEquals(error.message, `Cannot read ${missing}: there is no such file`);
  }
});
