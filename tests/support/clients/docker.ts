import { ConnectProxy } from "../connect_proxy.ts";
import { DockerDaemon } from "../docker.ts";
import { dockerArchive } from "../docker_archive.ts";
import type { Image } from "../images.ts";
import { writeCertificates } from "./containers_image.ts";
import { TempFolder } from "../temp_folder.ts";
import type { Endpoint, ImageClient, ImageClientKind } from "./client.ts";

/**
 * An address for documentation (RFC 5737), reached through a proxy: docker takes whatever is on the loopback for insecure, and then
 * neither checks certificates nor shows its own.
 */
export const DOCKER_HOST = "192.0.2.1";

/** What a certificate must name for docker to be content with it. */
export const DOCKER_ALTERNATIVE_NAME = `IP:${DOCKER_HOST}`;

class Docker implements ImageClient {
  constructor(
    private readonly daemon: DockerDaemon,
    private readonly proxy: ConnectProxy,
    private readonly settings: TempFolder,
  ) {}

  async login(user: string, password: string): Promise<void> {
    await this.daemon.docker("login", "-u", user, "-p", password, DOCKER_HOST);
  }

  async logout(): Promise<void> {
    await this.daemon.docker("logout", DOCKER_HOST);
  }

  async push(image: Image, reference: string): Promise<void> {
    const archive = this.daemon.folder.at("image.tar");
    const name = `${DOCKER_HOST}/${reference}`;
    await Deno.writeFile(archive, dockerArchive(image, name));
    await this.daemon.docker("load", "--input", archive);
    await this.daemon.docker("push", name);
  }

  async pull(reference: string): Promise<void> {
    await this.daemon.docker("image", "prune", "--all", "--force");
    await this.daemon.docker("pull", `${DOCKER_HOST}/${reference}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.daemon[Symbol.asyncDispose]();
    await this.proxy[Symbol.asyncDispose]();
    await this.settings[Symbol.asyncDispose]();
  }
}

export const docker: ImageClientKind = {
  name: "docker",
  tools: ["docker", "dockerd", "unshare"],
  checksLogin: true,
  open: async ({ port, authority, certificate }: Endpoint) => {
    await using parts = new AsyncDisposableStack();
    const proxy = parts.use(new ConnectProxy(port));
    const settings = parts.use(await TempFolder.make());
    await writeCertificates(settings.at("certs.d", DOCKER_HOST), authority, certificate);
    const daemon = await DockerDaemon.start({ settings: settings.path, proxy: proxy.url });
    parts.move();
    return new Docker(daemon, proxy, settings);
  },
};
