import { run } from "./process.ts";
import { TempFolder } from "./temp_folder.ts";

/** A certificate (with its chain, if it has one) and its key as PEM files. */
export interface Issued {
  readonly certificate: string;
  readonly key: string;
}

export interface CertificateOptions {
  /** Distinguished name as openssl takes it: `/O=berth/CN=alice`. */
  readonly subject?: string;
  /** `server` for 127.0.0.1, ::1 and localhost, `client`, or `ca` for an intermediate one. */
  readonly use?: "server" | "client" | "ca";
  /** Further names and addresses of a server: `DNS:registry.example.com, IP:192.0.2.1`. */
  readonly alternativeNames?: string;
  readonly key?: "rsa" | "ec";
  /** `pkcs8` (`PRIVATE KEY`) or the older form: PKCS#1 of RSA, SEC1 of EC. */
  readonly form?: "pkcs8" | "traditional";
  /** Start of its validity in days from now: -2 began the day before yesterday. */
  readonly from?: number;
  /** End of its validity in days from now: -1 ended yesterday. */
  readonly until?: number;
  /** Version 1: no extensions, as `openssl x509 -req` without -extfile makes them. */
  readonly version1?: boolean;
  /** The CA that signs; the root of this folder when absent. An intermediate's certificate follows in the file. */
  readonly issuer?: Issued;
}

/**
 * A CA of its own in a folder that is removed at the end, made with the openssl program (use `toolTest({ tools: ["openssl"] }, …)`):
 *
 *     await using ca = await Certificates.make();
 *     const server = await ca.issue("server");              // files at server.certificate, server.key
 *     const alice = await ca.issue("alice", { use: "client", subject: "/CN=alice" });
 *     curl --cacert ca.root.certificate --cert alice.certificate --key alice.key
 */
export class Certificates implements AsyncDisposable {
  #count = 0;

  private constructor(readonly folder: TempFolder, readonly root: Issued) {}

  static async make(subject = "/O=berth tests/CN=root"): Promise<Certificates> {
    const folder = await TempFolder.make();
    const root = { certificate: folder.at("root.pem"), key: folder.at("root.key") };
    const certificates = new Certificates(folder, root);
    await makeKey(root.key, "ec", "pkcs8");
    await run([
      ..."openssl req -x509 -sha256 -days 3650 -addext keyUsage=critical,keyCertSign,cRLSign".split(
        " ",
      ),
      ...["-key", root.key, "-out", root.certificate, "-subj", subject],
    ]);
    return certificates;
  }

  /** Writes `<name>.pem` and `<name>.key` into the folder, over what was there. */
  async issue(name: string, options: CertificateOptions = {}): Promise<Issued> {
    const { key = "ec", form = "pkcs8", use = "server", issuer = this.root } = options;
    const at = (ending: string) => this.folder.at(`${name}.${ending}`);
    const issued = { certificate: at("pem"), key: at("key") };
    await makeKey(issued.key, key, form);
    const subject = options.subject ?? `/CN=${name}`;
    await run(["openssl", "req", "-new", "-key", issued.key, "-out", at("csr"), "-subj", subject]);
    if (options.version1) await this.#signPlainly(at, issuer);
    else await this.#sign(at, use, issuer, options);
    const text = await Deno.readTextFile(at("pem"));
    const chain = issuer === this.root ? "" : await Deno.readTextFile(issuer.certificate);
    await Deno.writeTextFile(at("pem"), text.slice(text.indexOf("-----BEGIN")) + chain);
    return issued;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.folder[Symbol.asyncDispose]();
  }

  async #signPlainly(at: (ending: string) => string, issuer: Issued): Promise<void> {
    await run([
      ...[
        "openssl",
        "x509",
        "-req",
        "-sha256",
        "-days",
        "365",
        "-in",
        at("csr"),
        "-out",
        at("pem"),
      ],
      ...["-CA", issuer.certificate, "-CAkey", issuer.key, "-set_serial", String(++this.#count)],
    ]);
  }

  /** `openssl ca`, which alone takes both ends of the validity. */
  async #sign(
    at: (ending: string) => string,
    use: keyof typeof EXTENSIONS,
    issuer: Issued,
    { from = -30, until = 365, alternativeNames }: CertificateOptions,
  ): Promise<void> {
    await Deno.writeTextFile(at("db"), "");
    await Deno.writeTextFile(at("serial"), crypto.randomUUID().slice(-12) + "\n");
    await Deno.writeTextFile(at("cnf"), configuration(at, this.folder.path, use, alternativeNames));
    await run([
      ...["openssl", "ca", "-batch", "-notext", "-config", at("cnf")],
      ...["-in", at("csr"), "-out", at("pem"), "-cert", issuer.certificate, "-keyfile", issuer.key],
      ...["-startdate", dateIn(from), "-enddate", dateIn(until)],
    ]);
  }
}

const EXTENSIONS = {
  server: [
    "basicConstraints = CA:false",
    "extendedKeyUsage = serverAuth",
  ],
  client: ["basicConstraints = CA:false", "extendedKeyUsage = clientAuth"],
  ca: ["basicConstraints = critical, CA:true", "keyUsage = critical, keyCertSign, cRLSign"],
};

function configuration(
  at: (ending: string) => string,
  folder: string,
  use: keyof typeof EXTENSIONS,
  alternativeNames?: string,
): string {
  const names = ["IP:127.0.0.1, IP:::1, DNS:localhost", alternativeNames].filter(Boolean).join();
  return [
    ...["[ca]", "default_ca = own", "[own]", `database = ${at("db")}`, `serial = ${at("serial")}`],
    `new_certs_dir = ${folder}`,
    ...[
      "default_md = sha256",
      "policy = any",
      "x509_extensions = extensions",
      "unique_subject = no",
    ],
    ...["preserve = yes", "[any]", ...NAMES.map((name) => `${name} = optional`)],
    ...["[extensions]", ...EXTENSIONS[use], "subjectKeyIdentifier = hash"],
    ...(use === "server" ? [`subjectAltName = ${names}`] : []),
    ...["authorityKeyIdentifier = keyid", ""],
  ].join("\n");
}

const NAMES = ["countryName", "organizationName", "organizationalUnitName", "commonName"];

/** `20261121110000Z` */
function dateIn(days: number): string {
  const date = new Date(Date.now() + days * 86_400_000);
  return date.toISOString().replace(/\.\d+|[-:T]/g, "");
}

async function makeKey(path: string, key: "rsa" | "ec", form: "pkcs8" | "traditional") {
  const kind = key === "rsa"
    ? ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
    : ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
  const made = form === "pkcs8" ? path : `${path}.pkcs8`;
  await run(["openssl", "genpkey", "-algorithm", ...kind, "-out", made]);
  if (form === "traditional") {
    await run(["openssl", "pkey", "-in", made, "-traditional", "-out", path]);
  }
}
