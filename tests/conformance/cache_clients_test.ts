import { assert, assertEquals, assertMatch } from "@std/assert";
import { dirname } from "@std/path";
import { readAccessLog } from "../support/access_log.ts";
import { Containerd } from "../support/containerd.ts";
import { eventually } from "../support/eventually.ts";
import { GUARD_TOOLS } from "../support/guarded_registry.ts";
import { type Image, makeImage } from "../support/images.ts";
import { peers, startPeer } from "../support/peers.ts";
import { blobsSent, PrivateUpstream } from "../support/private_upstream.ts";
import { run } from "../support/process.ts";
import { RegistryClient } from "../support/registry_client.ts";
import type { RegistryProcess } from "../support/registry_process.ts";
import { mainFile, startBerth } from "../support/server.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { toolTest } from "../support/tools.ts";

const image = makeImage({ family: "docker", layers: [2_000, 400_000] });
const other = makeImage({ seed: 3 });

toolTest(
  { tools: [peers.registry3, ...GUARD_TOOLS, "containerd", "ctr"] },
  "containerd pulls by ?ns= with the files of client-config, and what is cached when upstream is down",
  async () => {
    await using upstream = await PrivateUpstream.start("registry3");
    await upstream.client.pushImage("org/app", image, "v1");
    const extraConfig = `proxy:
  upstreams:
  - namespace: ghcr.io
    remoteurl: ${upstream.url}
    username: ${upstream.username}
    password: ${upstream.password}
    insecure: {ca: ${upstream.ca}}
`;
    await using berth = await startBerth({ extraConfig });
    await using containerd = await Containerd.start();
    await using folder = await TempFolder.make();
    const file = folder.at("config.yml");
    await Deno.writeTextFile(
      file,
      `version: 0.1\nstorage: inmemory\nhttp: {addr: '${berth.host}'}\n${extraConfig}`,
    );
    await writeHosts(containerd, file);

    await containerd.pull("ghcr.io/org/app:v1");
    assertMatch(await containerd.ctr("images", "ls"), new RegExp(digestOf(image)));
    await upstream.registry.stop();
    assertEquals(blobsSent(upstream.registry), digestsOf(image));
    await forget(containerd);
    await containerd.pull("ghcr.io/org/app:v1");
    await berth.stop();
    const asked = readAccessLog(berth.stdout).filter(({ target }) => target !== "/v2/");
    assert(asked.length > 0);
    assertEquals(asked.filter(({ target }) => !target.includes("?ns=ghcr.io")), []);
  },
);

/** What `berth client-config containerd` prints, where ctr is told to look. */
async function writeHosts(containerd: Containerd, config: string): Promise<void> {
  const program = [Deno.execPath(), "run", "-A", mainFile];
  const { stdout } = await run([...program, "client-config", "containerd", "--config", config]);
  const [, path = "", text = ""] =
    /(\/etc\/containerd\/certs\.d\/\S+hosts\.toml)[^\n]*\n([^]*)$/.exec(stdout) ?? [];
  const place = containerd.folder.at("hosts", path.split("/").at(-2) ?? "");
  assertMatch(place, /ghcr\.io$/, stdout);
  await Deno.mkdir(dirname(place), { recursive: true });
  await Deno.mkdir(place);
  await Deno.writeTextFile(`${place}/hosts.toml`, text);
}

async function forget(containerd: Containerd): Promise<void> {
  await containerd.ctr("images", "rm", "--sync", "ghcr.io/org/app:v1");
  assertEquals((await containerd.ctr("content", "ls", "--quiet")).trim(), "");
}

toolTest(
  { tools: [peers.registry2, peers.registry3] },
  "the folder of a registry:2 cache is served by berth with upstream down, and back",
  async () => {
    await using folder = await TempFolder.make();
    const root = folder.at("cache");
    await using upstream = await startPeer("registry3");
    await new RegistryClient(upstream.url).pushImage("library/app", image, "v1");
    await new RegistryClient(upstream.url).pushImage("library/other", other, "v1");
    const shared = { root, extraConfig: `proxy:\n  remoteurl: ${upstream.url}` };
    const fill = async (start: () => Promise<RegistryProcess>, name: string) => {
      await using cache = await start();
      await check(cache.url, name);
      await cache.stop(); // it keeps what it has sent
    };

    await using first = await startPeer("registry2", shared);
    await check(first.url, "library/app");
    await eventually("registry:2 has kept it all", async () => {
      const links = await Promise.all(digestsOf(image).map((digest) => isLinked(root, digest)));
      return links.every(Boolean);
    });
    await first.stop();
    await upstream.stop(); // all of its log is there then
    const before = blobsSent(upstream);
    await fill(() => startBerth(shared), "library/app");
    await upstream.start();
    await fill(() => startBerth(shared), "library/other");
    const sent = [...before, ...digestsOf(other)].sort();
    for (const name of ["library/app", "library/other"]) {
      await fill(() => startPeer("registry2", shared), name);
    }
    await upstream.stop();
    assertEquals(blobsSent(upstream), sent);
    await fill(() => startBerth(shared), "library/other");
  },
);

async function isLinked(root: string, digest: string): Promise<boolean> {
  const layers = "docker/registry/v2/repositories/library/app/_layers";
  const path = `${root}/${layers}/${digest.replace(":", "/")}/link`;
  return await Deno.stat(path).then(() => true, () => false);
}

async function check(url: string, repository: string): Promise<void> {
  const expected = repository === "library/app" ? image : other;
  await new RegistryClient(url).checkImage(repository, expected, "v1");
}

function digestOf({ manifest }: Image): string {
  return manifest.descriptor.digest;
}

function digestsOf({ blobs }: Image): string[] {
  return [...new Set(blobs.map(({ descriptor }) => descriptor.digest))].sort();
}
