import { Process, run } from "./process.ts";
import { TempFolder } from "./temp_folder.ts";
import { requireTool } from "./tools.ts";

/** A private docker daemon that touches no network setup of the machine; needs root. `await using` ends it. */
export class DockerDaemon implements AsyncDisposable {
  private constructor(
    readonly folder: TempFolder,
    readonly process: Process,
    readonly socket: string,
  ) {}

  /** Resolves when it answers. 127.0.0.0/8 is an insecure registry by docker's own default. */
  static async start(): Promise<DockerDaemon> {
    const folder = await TempFolder.make();
    const socket = `unix://${folder.at("docker.sock")}`;
    const process = Process.start({
      command: [
        requireTool("dockerd"),
        ...["--iptables=false", "--ip6tables=false", "--bridge=none", "--storage-driver=vfs"],
        ...["--data-root", folder.at("data"), "--exec-root", folder.at("exec")],
        ...["--host", socket, "--pidfile", folder.at("docker.pid")],
      ],
    });
    const daemon = new DockerDaemon(folder, process, socket);
    try {
      await process.until(async () => (await daemon.docker("version"), true), { limit: 60_000 });
    } catch (error) {
      await daemon[Symbol.asyncDispose]();
      throw error;
    }
    return daemon;
  }

  /** Runs the docker client against this daemon. @throws with its output when it fails @returns stdout */
  async docker(...args: string[]): Promise<string> {
    const command = [requireTool("docker"), "--host", this.socket, ...args];
    const { stdout } = await run(command, { env: { DOCKER_CONFIG: this.folder.at("client") } });
    return stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process.end("SIGTERM");
    await this.folder[Symbol.asyncDispose]();
  }
}
