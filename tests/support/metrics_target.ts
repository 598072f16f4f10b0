import { Certificates } from "./certificates.ts";
import { makeImage } from "./images.ts";
import { freePort } from "./process.ts";
import { RegistryClient } from "./registry_client.ts";
import type { RegistryProcess } from "./registry_process.ts";
import { startBerth } from "./server.ts";

/** Of the password secret, at a low cost. */
const HASH = "$2y$05$e4QRWgquG1deG4zhOu6XI.ELeQL.ofTIeJDbElGOaqHtgynTwavcW";

/** The upstream of what is cached. */
const UPSTREAM = "up.example";

/** berth with everything on that has metrics: TLS, users, a cache, the debug server. Needs openssl. */
export class MetricsTarget implements AsyncDisposable {
  #image = 0;

  private constructor(
    private readonly parts: AsyncDisposableStack,
    readonly berth: RegistryProcess,
    /** `127.0.0.1:PORT` of the debug server. */
    readonly address: string,
    private readonly client: Deno.HttpClient,
    private readonly users: string,
    private readonly upstream: RegistryClient,
  ) {}

  static async start(): Promise<MetricsTarget> {
    await using parts = new AsyncDisposableStack();
    const certificates = parts.use(await Certificates.make());
    const { certificate, key } = await certificates.issue("server");
    const users = certificates.folder.at("htpasswd");
    await Deno.writeTextFile(users, `alice:${HASH}\n`);
    const caCerts = [await Deno.readTextFile(certificates.root.certificate)];
    const client = parts.use(Deno.createHttpClient({ caCerts }));
    const upstream = parts.use(await startBerth());
    const address = `127.0.0.1:${freePort()}`;
    const berth = parts.use(
      await startBerth({
        http: [
          ...["tls:", `  certificate: ${certificate}`, `  key: ${key}`],
          ...["debug:", `  addr: ${address}`, "  prometheus:", "    enabled: true"],
        ],
        extraConfig: `auth:
  htpasswd:
    realm: tests
    path: ${users}
proxy:
  maxsize: 1GB
  upstreams:
  - namespace: ${UPSTREAM}
    remoteurl: ${upstream.url}`,
        answers: async ({ port }) => {
          const response = await fetch(`https://127.0.0.1:${port}/v2/`, { client });
          await response.body?.cancel();
          return response.status === 401;
        },
      }),
    );
    const elsewhere = new RegistryClient(upstream.url);
    return new MetricsTarget(parts.move(), berth, address, client, users, elsewhere);
  }

  /**
   * Pushes and pulls an image, pulls it from upstream twice, asks for one that isn't there, comes with a wrong password, and adds a
   * user to the file, which is then read again.
   */
  async makeTraffic(): Promise<void> {
    const as = (user: string) =>
      new RegistryClient(this.berth.url.replace("http:", "https:"), {
        client: this.client,
        headers: { authorization: `Basic ${btoa(user)}` },
      });
    const alice = as("alice:secret");
    const image = makeImage({ seed: ++this.#image, layers: [10_000] });
    await alice.pushImage("team/app", image, "it");
    await alice.checkImage("team/app", image, "it");
    await this.upstream.pushImage("team/app", image, "it");
    for (let i = 0; i < 2; i++) await alice.checkImage(`${UPSTREAM}/team/app`, image, "it");
    await alice.request("GET", "/v2/team/app/manifests/absent");
    await as("alice:wrong").request("GET", "/v2/");
    await Deno.writeTextFile(this.users, `user${this.#image}:${HASH}\n`, { append: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.parts[Symbol.asyncDispose]();
  }
}
