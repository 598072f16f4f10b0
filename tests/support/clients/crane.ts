import { writeLayout } from "../oci_layout.ts";
import type { Image } from "../images.ts";
import { run } from "../process.ts";
import { TempFolder } from "../temp_folder.ts";
import { requireTool } from "../tools.ts";
import type { Endpoint, ImageClient, ImageClientKind } from "./client.ts";

/** It has no way to be given a client certificate. */
class Crane implements ImageClient {
  readonly #folder: TempFolder;
  readonly #host: string;
  readonly #env: Record<string, string>;

  constructor(folder: TempFolder, { port, authority }: Endpoint) {
    this.#folder = folder;
    this.#host = `127.0.0.1:${port}`;
    this.#env = { DOCKER_CONFIG: folder.at("config"), SSL_CERT_FILE: authority };
  }

  async login(user: string, password: string): Promise<void> {
    await this.#crane("auth", "login", this.#host, "-u", user, "-p", password);
  }

  async logout(): Promise<void> {
    await this.#crane("auth", "logout", this.#host);
  }

  async push(image: Image, reference: string): Promise<void> {
    await using layout = await TempFolder.make();
    await writeLayout(layout.path, { it: image });
    await this.#crane("push", layout.path, `${this.#host}/${reference}`);
  }

  async pull(reference: string): Promise<void> {
    const pulled = this.#folder.at("pulled.tar");
    await this.#crane("pull", `${this.#host}/${reference}`, pulled);
    await this.#crane("validate", "--tarball", pulled);
    await Deno.remove(pulled);
  }

  async #crane(...args: string[]): Promise<void> {
    await run([requireTool("crane"), ...args], { env: this.#env });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#folder[Symbol.asyncDispose]();
  }
}

export const crane: ImageClientKind = {
  name: "crane",
  tools: ["crane"],
  checksLogin: false,
  open: async (endpoint) => new Crane(await TempFolder.make(), endpoint),
};
