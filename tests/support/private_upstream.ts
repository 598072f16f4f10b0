import { type AccessLine, readAccessLog } from "./access_log.ts";
import { Certificates, type Issued } from "./certificates.ts";
import { answers, basicOf, passwordOf, writeHtpasswd } from "./guarded_registry.ts";
import { type Peer, startPeer } from "./peers.ts";
import { RegistryClient } from "./registry_client.ts";
import type { RegistryProcess } from "./registry_process.ts";

const USER = "alice";

/** A real registry as people have one to pull from: users of an htpasswd file, TLS with a certificate of a private CA. */
export class PrivateUpstream implements AsyncDisposable {
  private constructor(
    readonly registry: RegistryProcess,
    readonly certificates: Certificates,
    /** The certificate that it shows, good for any server on the loopback. */
    readonly issued: Issued,
    /** Plain requests as its user. */
    readonly client: RegistryClient,
    private readonly trust: Deno.HttpClient,
  ) {}

  static async start(peer: Peer): Promise<PrivateUpstream> {
    await using parts = new AsyncDisposableStack();
    const certificates = parts.use(await Certificates.make());
    const issued = await certificates.issue("server");
    const htpasswd = certificates.folder.at("htpasswd");
    await writeHtpasswd(htpasswd, [USER]);
    const trust = parts.use(Deno.createHttpClient({
      caCerts: [await Deno.readTextFile(certificates.root.certificate)],
      http2: false,
    }));
    const registry = parts.use(
      await startPeer(peer, {
        http: [
          "secret: of-the-tests",
          ...["tls:", `  certificate: ${issued.certificate}`, `  key: ${issued.key}`],
        ],
        extraConfig: `auth:\n  htpasswd:\n    realm: upstream\n    path: ${htpasswd}`,
        answers: ({ port }) => answers(`https://127.0.0.1:${port}/v2/`, trust),
      }),
    );
    const headers = { authorization: basicOf(USER) };
    const url = `https://${registry.host}`;
    const client = new RegistryClient(url, { headers, client: trust });
    parts.move();
    return new PrivateUpstream(registry, certificates, issued, client, trust);
  }

  get url(): string {
    return this.client.url;
  }

  /** Path of the CA's certificate. */
  get ca(): string {
    return this.certificates.root.certificate;
  }

  readonly username = USER;
  readonly password = passwordOf(USER);

  async [Symbol.asyncDispose](): Promise<void> {
    this.trust.close();
    await this.registry[Symbol.asyncDispose]();
    await this.certificates[Symbol.asyncDispose]();
  }
}

/** What was asked of a registry and answered well, by its access log. */
export function served(registry: RegistryProcess): AccessLine[] {
  return readAccessLog(registry.stdout).filter(({ status }) => status < 300);
}

/** Digests of the blobs that a registry has sent, as often as it has sent them. */
export function blobsSent(registry: RegistryProcess): string[] {
  return served(registry).filter(({ method }) => method === "GET")
    .flatMap(({ target }) => /\/blobs\/(sha256:[0-9a-f]{64})/.exec(target)?.[1] ?? []).sort();
}
