import { join } from "@std/path";
import { Process, run } from "./process.ts";
import { TempFolder } from "./temp_folder.ts";
import { requireTool } from "./tools.ts";

/** A private containerd with its client ctr, as Kubernetes' nodes pull; needs root. `await using` ends it. */
export class Containerd implements AsyncDisposable {
  private constructor(readonly folder: TempFolder, private readonly process: Process) {}

  static async start(): Promise<Containerd> {
    const folder = await TempFolder.make();
    // the plugin for Kubernetes opens a port
    const config = 'version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n';
    await Deno.writeTextFile(folder.at("config.toml"), config);
    const process = Process.start({
      command: [
        requireTool("containerd"),
        ...["--config", folder.at("config.toml"), "--address", folder.at("socket")],
        ...["--root", folder.at("root"), "--state", folder.at("state")],
      ],
    });
    const containerd = new Containerd(folder, process);
    try {
      await process.until(async () => (await containerd.ctr("version"), true), { limit: 60_000 });
    } catch (error) {
      await containerd[Symbol.asyncDispose]();
      throw error;
    }
    return containerd;
  }

  /** @throws with its output when it fails @returns stdout */
  async ctr(...args: string[]): Promise<string> {
    const command = [requireTool("ctr"), "--address", this.folder.at("socket"), ...args];
    return (await run(command)).stdout;
  }

  /** Writes a hosts.toml, without which containerd speaks plain HTTP to the loopback. */
  async configure(
    host: string,
    { ca, client }: { ca: string; client?: { certificate: string; key: string } },
  ): Promise<void> {
    const folder = this.folder.at("hosts", host);
    await Deno.mkdir(folder, { recursive: true });
    const server = `https://${host}`;
    const tls = [
      `ca = ${JSON.stringify(ca)}`,
      ...(client ? [`client = [${JSON.stringify([client.certificate, client.key])}]`] : []),
    ];
    const lines = [`server = "${server}"`, ...tls, `[host."${server}"]`, ...tls];
    await Deno.writeTextFile(join(folder, "hosts.toml"), lines.join("\n"));
  }

  /** Pulls and unpacks. @param options as `ctr images pull` takes them: `--user` */
  async pull(reference: string, ...options: string[]): Promise<void> {
    const hosts = ["--hosts-dir", this.folder.at("hosts")];
    await this.ctr("images", "pull", "--snapshotter", "native", ...hosts, ...options, reference);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process.end("SIGTERM");
    await this.folder[Symbol.asyncDispose]();
  }
}
