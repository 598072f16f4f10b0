import { Certificates, type Issued } from "./certificates.ts";
import { run } from "./process.ts";
import { RegistryClient } from "./registry_client.ts";
import type { RegistryProcess } from "./registry_process.ts";
import { startBerth } from "./server.ts";
import { requireTool } from "./tools.ts";

/** Everybody's password: `password of NAME`. */
export function passwordOf(user: string): string {
  return `password of ${user}`;
}

/** The Authorization header of a user. */
export function basicOf(user: string, password: string = passwordOf(user)): string {
  return `Basic ${btoa(`${user}:${password}`)}`;
}

/** Writes a file of users as the registries' manuals make it: `htpasswd -Bbn user password`. */
export async function writeHtpasswd(path: string, users: readonly string[]): Promise<void> {
  let text = "";
  for (const user of users) {
    const { stdout } = await run([requireTool("htpasswd"), "-Bbn", user, passwordOf(user)]);
    text += `${stdout.trim()}\n`;
  }
  await Deno.writeTextFile(path, text);
}

export interface GuardOptions {
  /** Names in the htpasswd file, default alice and bob. An empty list is no authentication. */
  readonly users?: readonly string[];
  /** The section `access`, its lines. */
  readonly access?: readonly string[];
  /** Whether callers must show a certificate that the CA has signed. */
  readonly clientCertificates?: boolean;
  readonly extraConfig?: string;
  /** Further lines of the section http. */
  readonly http?: readonly string[];
  /** Further names and addresses of the certificate, as in openssl's subjectAltName. */
  readonly alternativeNames?: string;
}

/** The tools that GuardedRegistry needs. */
export const GUARD_TOOLS = ["openssl", "htpasswd"] as const;

/** berth over TLS with a certificate of a private CA and users of an htpasswd file, as a child process. */
export class GuardedRegistry implements AsyncDisposable {
  private constructor(
    readonly certificates: Certificates,
    readonly registry: RegistryProcess,
    /** A client certificate, `/CN=alice`. */
    readonly clientCertificate: Issued,
    readonly htpasswd: string,
    private readonly trust: Deno.HttpClient,
  ) {}

  static async start(options: GuardOptions = {}): Promise<GuardedRegistry> {
    const certificates = await Certificates.make();
    try {
      return await GuardedRegistry.#start(certificates, options);
    } catch (error) {
      await certificates[Symbol.asyncDispose]();
      throw error;
    }
  }

  static async #start(
    certificates: Certificates,
    { users = ["alice", "bob"], ...options }: GuardOptions,
  ): Promise<GuardedRegistry> {
    const server = await certificates.issue("server", {
      ...(options.alternativeNames && { alternativeNames: options.alternativeNames }),
    });
    const client = await certificates.issue("alice", { use: "client", subject: "/CN=alice" });
    const htpasswd = certificates.folder.at("htpasswd");
    await writeHtpasswd(htpasswd, users);
    const root = certificates.root.certificate;
    const trust = Deno.createHttpClient({
      caCerts: [await Deno.readTextFile(root)],
      cert: await Deno.readTextFile(client.certificate),
      key: await Deno.readTextFile(client.key),
    });
    try {
      const registry = await startBerth({
        http: [
          ...["tls:", `  certificate: ${server.certificate}`, `  key: ${server.key}`],
          ...(options.clientCertificates ? ["  clientcas:", `    - ${root}`] : []),
          ...(options.http ?? []),
        ],
        extraConfig: [
          ...(users.length === 0 ? [] : htpasswdSection(htpasswd)),
          ...(options.access === undefined
            ? []
            : ["access:", ...options.access.map((line) => `  ${line}`)]),
          options.extraConfig ?? "",
        ].join("\n"),
        answers: ({ port }) => answers(`https://127.0.0.1:${port}/v2/`, trust),
      });
      return new GuardedRegistry(certificates, registry, client, htpasswd, trust);
    } catch (error) {
      trust.close();
      throw error;
    }
  }

  /** `127.0.0.1:PORT` */
  get host(): string {
    return this.registry.host;
  }

  get url(): string {
    return `https://${this.host}`;
  }

  /** PEM of the CA. */
  get authority(): string {
    return this.certificates.root.certificate;
  }

  /** Plain requests as a user, or as nobody. */
  as(user?: string): RegistryClient {
    const headers = user === undefined ? {} : { authorization: basicOf(user) };
    return new RegistryClient(this.url, { headers, client: this.trust });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.trust.close();
    await this.registry[Symbol.asyncDispose]();
    await this.certificates[Symbol.asyncDispose]();
  }
}

/** Whether anything answers, with whatever status. */
export async function answers(url: string, client: Deno.HttpClient): Promise<boolean> {
  const answer = await fetch(url, { client, signal: AbortSignal.timeout(5_000) });
  await answer.body?.cancel();
  return true;
}

function htpasswdSection(path: string): string[] {
  return ["auth:", "  htpasswd:", "    realm: berth", `    path: ${path}`];
}
