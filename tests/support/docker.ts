import { Process, run } from "./process.ts";
import { TempFolder } from "./temp_folder.ts";
import { requireTool } from "./tools.ts";

export interface DockerOptions {
  /** A folder that it sees as /etc/docker, with `certs.d`; must outlive it. The machine's own stays as it is. */
  readonly settings?: string;
  /** A file that it sees as /etc/hosts, with `settings` only. */
  readonly hosts?: string;
  /** URL of an HTTP proxy for registries that are not on the loopback. */
  readonly proxy?: string;
  /** URLs for `registry-mirrors`. */
  readonly mirrors?: readonly string[];
}

/** A private docker daemon that touches no network setup of the machine; needs root. `await using` ends it. */
export class DockerDaemon implements AsyncDisposable {
  private constructor(
    readonly folder: TempFolder,
    readonly process: Process,
    readonly socket: string,
  ) {}

  /** Resolves when it answers. 127.0.0.0/8 is an insecure registry by docker's own default. */
  static async start(options: DockerOptions = {}): Promise<DockerDaemon> {
    const { settings, hosts, proxy, mirrors = [] } = options;
    const folder = await TempFolder.make();
    const socket = `unix://${folder.at("docker.sock")}`;
    const process = Process.start({
      env: proxy === undefined ? {} : { HTTPS_PROXY: proxy },
      command: [
        ...(settings === undefined ? [] : withSettings(settings, hosts)),
        requireTool("dockerd"),
        ...["--iptables=false", "--ip6tables=false", "--bridge=none", "--storage-driver=vfs"],
        ...["--data-root", folder.at("data"), "--exec-root", folder.at("exec")],
        ...["--host", socket, "--pidfile", folder.at("docker.pid")],
        ...mirrors.map((url) => `--registry-mirror=${url}`),
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

/** Runs what follows in a view of the machine with that /etc/docker: dockerd cannot be told of another one. */
function withSettings(settings: string, hosts = "/etc/hosts"): string[] {
  const script = 'mkdir -p /etc/docker && mount --bind "$0" /etc/docker && ' +
    'mount --bind "$1" /etc/hosts && shift && exec "$@"';
  return [requireTool("unshare"), "--mount", "sh", "-c", script, settings, hosts];
}
