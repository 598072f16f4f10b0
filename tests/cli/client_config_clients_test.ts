import { assertStringIncludes } from "@std/assert";
import { dirname, join } from "@std/path";
import { clientConfig } from "../../src/cli/client_config.ts";
import { configOf } from "../config/load.ts";
import { Containerd } from "../support/containerd.ts";
import { DockerDaemon } from "../support/docker.ts";
import { GuardedRegistry } from "../support/guarded_registry.ts";
import { makeImage } from "../support/images.ts";
import { run } from "../support/process.ts";
import { RegistryClient } from "../support/registry_client.ts";
import { startBerth } from "../support/server.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { requireTool, toolTest } from "../support/tools.ts";
import { FakeSystem } from "./fake_system.ts";

const image = makeImage({ family: "docker", layers: [2_000, 40_000] });

/** Nobody listens there: what is pulled can come from the mirror only. */
const NOWHERE = "127.0.0.1:1";
const PROXY = `proxy:
  upstreams:
  - {namespace: docker.io, remoteurl: 'https://${NOWHERE}', library: true, hosts: [127.0.0.1]}
  - {namespace: ghcr.io, remoteurl: 'https://${NOWHERE}'}
`;

/** Writes the files of a client below a folder that stands for /. @returns its path */
async function writeFiles(folder: TempFolder, client: string, url: string, ca?: string) {
  const config = configOf(`version: 0.1\nstorage: inmemory\nhttp: {addr: ':5000'}\n${PROXY}`);
  const files = ca === undefined ? {} : { [ca]: await Deno.readTextFile(ca) };
  const system = new FakeSystem({ files });
  const text = await clientConfig(client, config, { host: url, ca }, system);
  for (const part of text.split("# --- ").slice(1)) {
    const [path = ""] = part.split(" ---\n");
    const lines = part.slice(`${path} ---\n`.length).split("\n");
    const content = path.endsWith(".json") ? lines.filter((line) => !line.startsWith("#")) : lines;
    await Deno.mkdir(dirname(folder.at(path)), { recursive: true });
    const moved = content.join("\n").replaceAll(
      '"/etc/containerd',
      `"${folder.at("/etc/containerd")}`,
    );
    await Deno.writeTextFile(folder.at(path), moved);
  }
}

toolTest({ tools: ["dockerd", "docker"] }, "docker pulls through its daemon.json", async () => {
  await using berth = await startBerth();
  await using folder = await TempFolder.make();
  await new RegistryClient(berth.url).pushImage("library/mirrored", image, "it");
  await writeFiles(folder, "docker", berth.url);
  const settings = folder.at("etc/docker");
  const hosts = folder.at("hosts");
  await Deno.writeTextFile(hosts, "127.0.0.1 localhost registry-1.docker.io auth.docker.io\n");
  await using daemon = await DockerDaemon.start({ settings, hosts });
  await daemon.docker("pull", "mirrored:it");
  const info = await daemon.docker("info", "--format", "{{.RegistryConfig.Mirrors}}");
  assertStringIncludes(info, `${berth.url}/`);
});

const TRUSTED = ["openssl", "htpasswd"];

toolTest(
  { tools: [...TRUSTED, "containerd", "ctr"] },
  "containerd pulls through its hosts.toml, with the CA",
  async () => {
    await using guarded = await GuardedRegistry.start({ users: [] });
    await using folder = await TempFolder.make();
    await using containerd = await Containerd.start();
    await guarded.as().pushImage("library/mirrored", image, "it");
    await guarded.as().pushImage("org/app", image, "it");
    await writeFiles(folder, "containerd", guarded.url, guarded.authority);
    const hosts = folder.at("etc/containerd/certs.d");
    for (const name of ["docker.io/library/mirrored:it", "ghcr.io/org/app:it"]) {
      const options = ["--snapshotter", "native", "--hosts-dir", hosts];
      await containerd.ctr("images", "pull", ...options, name);
    }
    assertStringIncludes(
      await containerd.ctr("images", "ls"),
      image.manifest.descriptor.digest,
    );
  },
);

toolTest(
  { tools: [...TRUSTED, "skopeo"] },
  "skopeo pulls through podman's file, with the CA",
  async () => {
    await using guarded = await GuardedRegistry.start({ users: [] });
    await using folder = await TempFolder.make();
    await guarded.as().pushImage("docker.io/library/mirrored", image, "it");
    await guarded.as().pushImage("ghcr.io/org/app", image, "it");
    await writeFiles(folder, "podman", guarded.url, guarded.authority);
    const skopeo = [
      requireTool("skopeo"),
      "--insecure-policy",
      ...["--registries-conf", folder.at("etc/containers/registries.conf.d/berth.conf")],
      ...["--registries.d", folder.at("none")],
    ];
    const certificates = join(folder.at("etc/containers/certs.d"), guarded.host);
    for (const [index, name] of ["mirrored:it", "ghcr.io/org/app:it"].entries()) {
      const to = `dir:${folder.at(`pulled${index}`)}`;
      await run([...skopeo, "copy", "--src-cert-dir", certificates, `docker://${name}`, to]);
    }
  },
);

toolTest({ tools: ["skopeo"] }, "skopeo pulls through podman's file over plain HTTP", async () => {
  await using berth = await startBerth();
  await using folder = await TempFolder.make();
  await new RegistryClient(berth.url).pushImage("ghcr.io/org/app", image, "it");
  await writeFiles(folder, "podman", berth.url);
  const registries = folder.at("etc/containers/registries.conf.d/berth.conf");
  await run([
    ...[requireTool("skopeo"), "--insecure-policy", "--registries-conf", registries],
    ...["copy", "docker://ghcr.io/org/app:it", `dir:${folder.at("pulled")}`],
  ]);
});
