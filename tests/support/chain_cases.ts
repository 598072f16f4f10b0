import { type CertificateOptions, Certificates, type Issued } from "./certificates.ts";
import { privateKey, x5cOf } from "./jws.ts";
import { run } from "./process.ts";
import type { TokenCase } from "./token_cases.ts";
import { mint, publicJwk, type TokenWorld } from "./token_world.ts";

/** Tokens that bring the certificates of their key. The root is that of the world's bundle. */
export async function chainCases(world: TokenWorld): Promise<TokenCase[]> {
  const { certificates: ca } = world;
  const issue = (name: string, options: CertificateOptions = {}) => ca.issue(name, options);
  const by = (issuer: Issued) => ({ issuer });
  const first = await issue("first", { use: "ca" });
  const second = await issue("second", { use: "ca", ...by(first) });
  const leaf = await issue("leaf");
  const deep = await issue("deep", by(second));
  const expiredCa = await issue("expired-ca", { use: "ca", until: -1 });
  await using other = await Certificates.make();
  const foreign = await other.issue("leaf");
  // without key identifiers, so that it is told apart by its signature only
  const nameless = await other.issue("nameless", { version1: true });
  const [deepLeaf = "", secondCa = "", firstCa = ""] = x5cOf(deep.certificate);
  const leafChain = x5cOf(leaf.certificate);
  const otherRoot = x5cOf(other.root.certificate);
  const make = (
    name: string,
    accepted: boolean,
    { key }: Issued,
    x5c: unknown,
    more: Partial<TokenCase> = {},
  ): TokenCase => ({
    name: `x5c: ${name}`,
    accepted,
    token: mint(privateKey(key), key.includes("rsa") ? "RS256" : "ES256", { x5c }),
    ...more,
  });
  const own = async (name: string, accepted: boolean, options: CertificateOptions) => {
    const issued = await issue(name.replaceAll(" ", "-"), options);
    return make(name, accepted, issued, x5cOf(issued.certificate));
  };
  return [
    make("a leaf of the root", true, leaf, leafChain),
    make("two intermediates", true, deep, [deepLeaf, secondCa, firstCa]),
    make("two intermediates in another order", true, deep, [deepLeaf, firstCa, secondCa]),
    make("the root along", true, leaf, [...leafChain, ...x5cOf(ca.root.certificate)]),
    make("the root itself", true, ca.root, x5cOf(ca.root.certificate)),
    await own("an rsa leaf", true, { key: "rsa" }),
    await own("a version 1 leaf", true, { version1: true }),
    inJwk("x5c in an embedded jwk", true, leaf, leafChain),
    inJwk("x5c in an embedded jwk, self-signed", false, other.root, otherRoot),
    make("self-signed by a stranger, of the root's name", false, other.root, otherRoot),
    make("of another root of the same name", false, foreign, x5cOf(foreign.certificate)),
    make(
      "of another root of the same name, without key identifiers",
      false,
      nameless,
      x5cOf(nameless.certificate),
    ),
    make("of another root that comes along", false, foreign, [
      ...x5cOf(foreign.certificate),
      ...otherRoot,
    ]),
    make("a chain that isn't the signer's", false, foreign, leafChain),
    make("the signer's behind a good one", false, foreign, [
      ...leafChain,
      ...x5cOf(foreign.certificate),
    ]),
    make("an intermediate missing", false, deep, [deepLeaf, firstCa]),
    make("both intermediates missing", false, deep, [deepLeaf]),
    await own("expired", false, { until: -1 }),
    await own("not valid yet", false, { from: 2 }),
    await own("an expired intermediate", false, by(expiredCa)),
    await own("a leaf as issuer", false, by(leaf)),
    await own("a version 1 issuer", false, {
      version1: true,
      ...by(await issue("old-ca", { version1: true })),
    }),
    await withConfig("an issuer that may sign no certificates", world, [
      "basicConstraints=critical,CA:true",
      "keyUsage=critical,digitalSignature",
    ]),
    await signedBySha1(world),
    await short(world),
    make("empty", false, leaf, []),
    make("a text", false, leaf, leafChain[0]),
    make("no base64", false, leaf, ["*"]),
    make("no certificate", false, leaf, ["AAAA"]),
    make("numbers", false, leaf, [1]),
    make("null", false, leaf, null),
    make("nine certificates", false, leaf, [...leafChain, ...Array(8).fill(firstCa)], {
      unlike2: "no bound",
      unlike3: "no bound",
    }),
  ];
}

function inJwk(name: string, accepted: boolean, { key }: Issued, x5c: readonly string[]) {
  const signer = privateKey(key);
  const jwk = { ...publicJwk(signer), x5c };
  return { name, accepted, token: mint(signer, "ES256", { jwk }) };
}

/** A leaf of a CA with these extensions. */
async function withConfig(
  name: string,
  world: TokenWorld,
  extensions: readonly string[],
): Promise<TokenCase> {
  const ca = await world.certificates.issue("odd-ca", { use: "ca" });
  await sign(world, ca, "sha256", extensions);
  const leaf = await world.certificates.issue("odd", { issuer: ca });
  return {
    name: `x5c: ${name}`,
    accepted: false,
    token: mint(privateKey(leaf.key), "ES256", { x5c: x5cOf(leaf.certificate) }),
  };
}

async function signedBySha1(world: TokenWorld): Promise<TokenCase> {
  const leaf = await world.certificates.issue("sha1");
  await sign(world, leaf, "sha1", ["basicConstraints=CA:false"]);
  return {
    name: "x5c: signed with SHA-1",
    accepted: false,
    token: mint(privateKey(leaf.key), "ES256", { x5c: x5cOf(leaf.certificate) }),
  };
}

/** A leaf with an RSA key of 1024 bits. */
async function short(world: TokenWorld): Promise<TokenCase> {
  const leaf = await world.certificates.issue("short");
  const csr = leaf.certificate.replace(/pem$/, "csr");
  await run([
    ..."openssl req -newkey rsa:1024 -nodes -subj /CN=short".split(" "),
    ...["-keyout", leaf.key, "-out", csr],
  ]);
  await sign(world, leaf, "sha256", ["basicConstraints=CA:false"]);
  const why = "a key of 1024 bits is too short";
  return {
    name: "x5c: an RSA key of 1024 bits",
    accepted: false,
    token: mint(privateKey(leaf.key), "RS256", { x5c: x5cOf(leaf.certificate) }),
    unlike2: why,
    unlike3: why,
  };
}

/** Signs the request that lies beside the certificate again, in its place. */
async function sign(
  { certificates }: TokenWorld,
  { certificate }: Issued,
  hash: string,
  extensions: readonly string[],
): Promise<void> {
  const { root, folder } = certificates;
  await Deno.writeTextFile(folder.at("extensions"), extensions.join("\n") + "\n");
  await run([
    ...["openssl", "x509", "-req", `-${hash}`, "-days", "30", "-set_serial", "7"],
    ...["-in", certificate.replace(/pem$/, "csr"), "-out", certificate],
    ...["-CA", root.certificate, "-CAkey", root.key, "-extfile", folder.at("extensions")],
  ]);
}
