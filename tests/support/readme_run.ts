import { ConnectProxy } from "./connect_proxy.ts";
import { DockerDaemon } from "./docker.ts";
import { dockerArchive } from "./docker_archive.ts";
import { makeImage } from "./images.ts";
import { attempt, freePort, Process } from "./process.ts";
import { adapt, type ReadmeCommand, type ReadmeExample } from "./readme_examples.ts";
import { berthCommand } from "./server.ts";
import { TempFolder } from "./temp_folder.ts";

/** The ports that examples may name. Each gets another one in a test. */
const PORTS = [443, 5000, 5001];

/** The host that examples over TLS name, and an address for it that docker doesn't take for the machine's own (RFC 5737). */
const HOST = "registry.example.com";
const HOSTS = `127.0.0.1 localhost\n192.0.2.1 ${HOST}\n`;

/** Does what an example says: the commands before, berth with its configuration, the commands then. @throws what went wrong */
export async function runExample(example: ReadmeExample): Promise<void> {
  await using folder = await TempFolder.make();
  const ports = new Map(PORTS.map((port) => [port, freePort()]));
  const change = (text: string) => adapt(text, { folder: folder.path, ports });
  // what any machine has; the rest is for the example to make
  for (const path of ["etc/docker", "var/lib", "bin"]) {
    await Deno.mkdir(folder.at(path), { recursive: true });
  }
  for (const [name, text] of Object.entries(example.files)) {
    await Deno.writeTextFile(folder.at(name), change(text));
  }
  await writeTools(folder, portOf(ports, 443));
  const runAll = async (commands: readonly ReadmeCommand[], env: Record<string, string>) => {
    for (const command of commands) await runCommand(change(command.text), command, folder, env);
  };
  await runAll(example.before, {});
  await using berth = Process.start({
    command: [...berthCommand(), folder.at("config.yml")],
    cwd: folder.path,
  });
  const port = Number(/addr: \S*:(\d+)/.exec(change(example.files["config.yml"] ?? ""))?.[1]);
  await berth.until(() => isListening(port));
  await using docker = await startDocker(example, folder, portOf(ports, 443));
  try {
    await runAll(example.then, docker.env);
  } catch (error) {
    throw new Error(
      `${error instanceof Error ? error.message : error}\n${berth.stderr.slice(-3_000)}`,
    );
  }
}

async function isListening(port: number): Promise<boolean> {
  using _connection = await Deno.connect({ hostname: "127.0.0.1", port });
  return true;
}

async function runCommand(
  text: string,
  { isRefused }: ReadmeCommand,
  folder: TempFolder,
  env: Record<string, string>,
): Promise<void> {
  const path = `${folder.at("bin")}:${Deno.env.get("PATH") ?? ""}`;
  const command = ["bash", "-o", "pipefail", "-c", text];
  const variables = { PATH: path, CURL_HOME: folder.path, ...env };
  const result = await attempt(command, { cwd: folder.path, env: variables, limit: 60_000 });
  if (result.success === !isRefused) return;
  throw new Error(
    `Expected this to ${isRefused ? "be refused" : "work"}: ${text}\nstatus ${result.code}\n` +
      `${result.stdout}\n${result.stderr}`,
  );
}

/** `berth` on the PATH, and a curl that finds the host. */
async function writeTools(folder: TempFolder, port: number): Promise<void> {
  const program = berthCommand().slice(0, -1).map((part) => `'${part}'`).join(" ");
  const script = `#!/bin/sh\nexec ${program} "$@"\n`;
  await Deno.writeTextFile(folder.at("bin/berth"), script, { mode: 0o755 });
  await Deno.writeTextFile(folder.at(".curlrc"), `connect-to = "${HOST}:443:127.0.0.1:${port}"\n`);
}

/** A docker with the image alpine, when the example uses it. */
async function startDocker(
  { then }: ReadmeExample,
  folder: TempFolder,
  port: number,
): Promise<AsyncDisposable & { env: Record<string, string> }> {
  const parts = new AsyncDisposableStack();
  const dispose = () => parts.disposeAsync();
  if (!then.some(({ text }) => /\bdocker\b/.test(text))) {
    return { env: {}, [Symbol.asyncDispose]: dispose };
  }
  try {
    const proxy = parts.use(new ConnectProxy(port));
    await Deno.writeTextFile(folder.at("hosts"), HOSTS);
    const daemon = parts.use(
      await DockerDaemon.start({
        settings: folder.at("etc/docker"),
        hosts: folder.at("hosts"),
        proxy: proxy.url,
      }),
    );
    const archive = folder.at("alpine.tar");
    const image = makeImage({ family: "docker", layers: [2_000] });
    await Deno.writeFile(archive, dockerArchive(image, "alpine:latest"));
    await daemon.docker("load", "--input", archive);
    const env = { DOCKER_HOST: daemon.socket, DOCKER_CONFIG: folder.at("docker-config") };
    return { env, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

function portOf(ports: ReadonlyMap<number, number>, port: number): number {
  const other = ports.get(port);
  if (other === undefined) throw new Error(`Expected ${port} to be one of ${PORTS}`);
  return other;
}
