import { assertEquals, assertRejects } from "@std/assert";
import { openTls, type TlsOptions } from "../../../src/http/tls/tls.ts";
import { Certificates } from "../../support/certificates.ts";
import { TLS_DEFAULTS } from "../../support/listening.ts";
import { run } from "../../support/process.ts";
import { toolTest } from "../../support/tools.ts";

const OPENSSL = { tools: ["openssl"] };

/** Files that each have one thing wrong, by their names; and what is said, where `DIR/` is their folder. */
const CASES: readonly [name: string, options: Partial<TlsOptions>, says: string][] = [
  ["no such file", { certificate: "none.pem" }, "Cannot read DIR/none.pem: there is no such file"],
  ["an empty file", { key: "empty" }, "Cannot use DIR/empty: it is empty, a PEM file is expected"],
  [
    "something else",
    { certificate: "text" },
    "Cannot use DIR/text: it has no PEM block (-----BEGIN …-----)",
  ],
  [
    "DER",
    { certificate: "server.der" },
    "Cannot use DIR/server.der: it is DER, not PEM. Convert it with openssl (x509 -inform der for a certificate, pkey -inform der for a key)",
  ],
  [
    "half a file",
    { certificate: "half.pem" },
    'Cannot use DIR/half.pem: the block "CERTIFICATE" of line 2 has no end. Is the file cut off?',
  ],
  [
    "a damaged certificate",
    { certificate: "damaged.pem" },
    'Cannot use DIR/damaged.pem: the block "CERTIFICATE" of line 1 is no certificate. Is it damaged?',
  ],
  [
    "certificate and key swapped",
    { certificate: "server.key", key: "server.pem" },
    'Cannot use DIR/server.key: http.tls.certificate needs a certificate, found "PRIVATE KEY" at line 1: are http.tls.certificate and http.tls.key swapped?',
  ],
  [
    "a certificate as the key",
    { key: "server.pem" },
    'Cannot use DIR/server.pem: http.tls.key needs a private key, found "CERTIFICATE" at line 1: are http.tls.certificate and http.tls.key swapped?',
  ],
  [
    "an encrypted key",
    { key: "encrypted.key" },
    "Cannot use DIR/encrypted.key: the key of line 1 is encrypted. Decrypt it with openssl pkey, and let nobody else read it",
  ],
  [
    "an encrypted key in the old form",
    { key: "encrypted1.key" },
    "Cannot use DIR/encrypted1.key: the key of line 1 is encrypted. Decrypt it with openssl pkey, and let nobody else read it",
  ],
  [
    "a damaged key",
    { key: "damaged.key" },
    'Cannot use DIR/damaged.key: the block "PRIVATE KEY" of line 1 is no private key that is known here. Is it damaged?',
  ],
  [
    "a key of another certificate",
    { key: "other.key" },
    "Cannot use DIR/other.key: it is not the key of the certificate in DIR/server.pem",
  ],
  [
    "a chain in the wrong order",
    { certificate: "turned.pem" },
    "Cannot use DIR/turned.pem: the server's own certificate must come first, but the key belongs to the one of line 4",
  ],
  [
    "a key that TLS cannot use",
    { certificate: "k1.pem", key: "k1.key" },
    "Cannot use DIR/k1.key: found a key of the kind ec secp256k1, expected RSA of 2048 bits or more, EC on P-256, P-384 or P-521, or Ed25519",
  ],
  [
    "a short RSA key",
    { certificate: "short.pem", key: "short.key" },
    "Cannot use DIR/short.key: found a key of the kind rsa 1024, expected RSA of 2048 bits or more, EC on P-256, P-384 or P-521, or Ed25519",
  ],
  [
    "no CA in the second file",
    { clientcas: ["root.pem", "server.key"] },
    'Cannot use DIR/server.key: http.tls.clientcas needs a certificate, found "PRIVATE KEY" at line 1',
  ],
];

async function makeFiles(authority: Certificates): Promise<void> {
  const { folder } = authority;
  const pem = await Deno.readTextFile((await authority.issue("server")).certificate);
  const key = await Deno.readTextFile(folder.at("server.key"));
  const root = await Deno.readTextFile(authority.root.certificate);
  await authority.issue("other");
  const write = (name: string, text: string) => Deno.writeTextFile(folder.at(name), text);
  await write("empty", "");
  await write("text", "certificate: yes\n");
  await write("half.pem", `# a comment\n${pem.slice(0, 200)}\n`);
  await write("damaged.pem", pem.replace(/MII[\s\S]{60}/, "MIIBAAAA"));
  await write("damaged.key", key.replace(/\nM[\s\S]{60}/, "\nMIGAAAAA"));
  await write("turned.pem", `${oneLined(root)}${pem}`);
  const at = (name: string) => folder.at(name);
  await run([
    "openssl",
    "x509",
    "-in",
    at("server.pem"),
    "-outform",
    "der",
    "-out",
    at("server.der"),
  ]);
  const encrypt = ["openssl", "pkey", "-in", at("server.key"), "-aes256", "-passout", "pass:x"];
  await run([...encrypt, "-out", at("encrypted.key")]);
  await run([...encrypt, "-traditional", "-out", at("encrypted1.key")]);
  for (
    const [name, kind] of [["k1", "ec:secp256k1"], ["short", "rsa:1024"]] as const
  ) {
    const key = kind.startsWith("ec")
      ? ["ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"]
      : ["rsa:1024"];
    await run([
      ...["openssl", "req", "-x509", "-nodes", "-subj", "/CN=a", "-newkey", ...key],
      ...["-keyout", at(`${name}.key`), "-out", at(`${name}.pem`)],
    ]);
  }
}

/** A PEM block on three lines, so that it is known where the next begins; the root's is not always as long. */
function oneLined(pem: string): string {
  return pem.trim().replace(/(?<!-)\n(?!-)/g, "") + "\n";
}

toolTest(OPENSSL, "openTls() names the file and what is wrong with it", async () => {
  await using authority = await Certificates.make();
  await makeFiles(authority);
  const at = (name: string) => `${authority.folder.path}/${name}`;
  for (const [name, options, says] of CASES) {
    const { certificate = "server.pem", key = "server.key", clientcas = [] } = options;
    const error = await assertRejects(
      () =>
        openTls({
          ...TLS_DEFAULTS,
          certificate: at(certificate),
          key: at(key),
          clientcas: clientcas.map(at),
        }),
      Error,
    );
    assertEquals(error.message.replaceAll(authority.folder.path, "DIR"), says, name);
  }
});

toolTest(
  OPENSSL,
  "openTls() takes comments, one file for both, and Windows line ends",
  async () => {
    await using authority = await Certificates.make();
    const { certificate, key } = await authority.issue("server", { form: "traditional" });
    const both = authority.folder.at("both.pem");
    const text = `subject=CN = server\n${await Deno.readTextFile(key)}\n${await Deno.readTextFile(
      certificate,
    )}`;
    await Deno.writeTextFile(both, `\ufeff${text.replaceAll("\n", "\r\n")}`);
    const tls = await openTls({ ...TLS_DEFAULTS, certificate: both, key: both });
    assertEquals(tls.terms.context.cert.startsWith("-----BEGIN CERTIFICATE-----\n"), true);
    assertEquals(tls.terms.context.key.startsWith("-----BEGIN EC PRIVATE KEY-----\n"), true);
    await tls.close();
  },
);
