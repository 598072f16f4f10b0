import { join } from "@std/path";
import { dockerArchive } from "../docker_archive.ts";
import type { Image } from "../images.ts";
import { run } from "../process.ts";
import { TempFolder } from "../temp_folder.ts";
import { requireTool } from "../tools.ts";
import type { Endpoint, ImageClient, ImageClientKind } from "./client.ts";

/** What podman and skopeo have in common: files of containers/image. */
abstract class ContainersImageClient implements ImageClient {
  protected readonly host: string;

  constructor(protected readonly folder: TempFolder, { port }: Endpoint) {
    this.host = `127.0.0.1:${port}`;
  }

  /** Runs the program with a command and its arguments. */
  protected abstract command(...args: string[]): Promise<string>;
  abstract push(image: Image, reference: string): Promise<void>;
  abstract pull(reference: string): Promise<void>;

  async login(user: string, password: string): Promise<void> {
    const certificates = `--cert-dir=${this.folder.at("certs")}`;
    await this.command("login", certificates, "-u", user, "-p", password, this.host);
  }

  async logout(): Promise<void> {
    await this.command("logout", this.host);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.folder[Symbol.asyncDispose]();
  }
}

class Skopeo extends ContainersImageClient {
  protected override async command(...args: string[]): Promise<string> {
    const env = { REGISTRY_AUTH_FILE: this.folder.at("auth.json") };
    return (await run([requireTool("skopeo"), "--insecure-policy", ...args], { env })).stdout;
  }

  override async push(image: Image, reference: string): Promise<void> {
    const archive = await writeArchive(this.folder, image);
    await this.#copy("dest", `docker-archive:${archive}`, this.#remote(reference));
  }

  override async pull(reference: string): Promise<void> {
    const pulled = this.folder.at("pulled");
    await Deno.remove(pulled, { recursive: true }).catch(() => {});
    await this.#copy("src", this.#remote(reference), `dir:${pulled}`);
  }

  async #copy(remote: "src" | "dest", from: string, to: string): Promise<void> {
    await this.command("copy", `--${remote}-cert-dir=${this.folder.at("certs")}`, from, to);
  }

  #remote(reference: string): string {
    return `docker://${this.host}/${reference}`;
  }
}

/** Storage of its own, without layers over each other and without systemd: it runs as root in a container. */
class Podman extends ContainersImageClient {
  protected override async command(...args: string[]): Promise<string> {
    const command = [
      requireTool("podman"),
      ...["--root", this.folder.at("storage"), "--runroot", this.folder.at("run")],
      ...["--tmpdir", this.folder.at("tmp"), "--storage-driver=vfs"],
      ...["--cgroup-manager=cgroupfs", "--events-backend=none"],
      ...args,
    ];
    const env = { REGISTRY_AUTH_FILE: this.folder.at("auth.json") };
    return (await run(command, { env })).stdout;
  }

  override async push(image: Image, reference: string): Promise<void> {
    const archive = await writeArchive(this.folder, image);
    await this.command("load", "--input", archive);
    const remote = `${this.host}/${reference}`;
    await this.command("push", `--cert-dir=${this.folder.at("certs")}`, LOCAL_NAME, remote);
  }

  override async pull(reference: string): Promise<void> {
    await this.command("rmi", "--all", "--force");
    const certificates = `--cert-dir=${this.folder.at("certs")}`;
    await this.command("pull", certificates, `${this.host}/${reference}`);
  }
}

export const skopeo: ImageClientKind = {
  name: "skopeo",
  tools: ["skopeo"],
  checksLogin: true,
  open: async (endpoint) => new Skopeo(await prepare(endpoint), endpoint),
};

export const podman: ImageClientKind = {
  name: "podman",
  tools: ["podman"],
  checksLogin: true,
  open: async (endpoint) => new Podman(await prepare(endpoint), endpoint),
};

const LOCAL_NAME = "localhost/image:local";

async function writeArchive(folder: TempFolder, image: Image): Promise<string> {
  const archive = folder.at("image.tar");
  await Deno.writeFile(archive, dockerArchive(image, LOCAL_NAME));
  return archive;
}

/** A folder with the certificates as `--cert-dir` names them, and with nobody logged in (podman wants the file to be there). */
async function prepare({ authority, certificate }: Endpoint): Promise<TempFolder> {
  const folder = await TempFolder.make();
  await writeCertificates(folder.at("certs"), authority, certificate);
  await Deno.writeTextFile(folder.at("auth.json"), '{"auths":{}}');
  return folder;
}

/** The folder form that docker (`certs.d`), podman, skopeo and containerd's older configuration share. */
export async function writeCertificates(
  folder: string,
  authority: string,
  client: Endpoint["certificate"],
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  await Deno.copyFile(authority, join(folder, "ca.crt"));
  if (client === undefined) return;
  await Deno.copyFile(client.certificate, join(folder, "client.cert"));
  await Deno.copyFile(client.key, join(folder, "client.key"));
}
