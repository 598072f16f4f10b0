import { assert, assertEquals, assertRejects } from "@std/assert";
import { ask, type Reply } from "../support/ask.ts";
import { imageClients } from "../support/clients/all.ts";
import { crane } from "../support/clients/crane.ts";
import { DockerDaemon } from "../support/docker.ts";
import { eventually } from "../support/eventually.ts";
import { GUARD_TOOLS } from "../support/guarded_registry.ts";
import { allContent, type Image, makeImage, makeIndex, sha256 } from "../support/images.ts";
import { type Peer, peers, startPeer } from "../support/peers.ts";
import { blobsSent, PrivateUpstream, served } from "../support/private_upstream.ts";
import { RegistryClient } from "../support/registry_client.ts";
import type { RegistryProcess } from "../support/registry_process.ts";
import { ServedConfig } from "../support/served_config.ts";
import { startBerth } from "../support/server.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { toolTest } from "../support/tools.ts";

/** Use cases 3 to 5, and deleting as in 7: caches as people run them, with real registries upstream and real clients before them. */

const image = makeImage({ family: "docker" });
const digest = image.manifest.descriptor.digest;
const blobs = digestsOf(image.blobs);

/** A daemon that is led to nobody outside when the mirror fails. */
const NOWHERE = "http://127.0.0.1:9";

for (const peer of Object.keys(peers) as Peer[]) {
  toolTest(
    {
      tools: [peers[peer], ...GUARD_TOOLS, "curl", ...imageClients.flatMap(({ tools }) => tools)],
    },
    `use case 3: docker's mirror and every client pull through a cache of a private ${peer}, also when it is down`,
    async () => {
      await using upstream = await PrivateUpstream.start(peer);
      await upstream.client.pushImage("library/app", image, "v1");
      await using folder = await TempFolder.make();
      const { certificate, key } = upstream.issued;
      await using berth = await ServedConfig.start(folder, {
        scheme: "https",
        config: () => privateCache(upstream, folder.at("cache")),
        env: ({ port }) => ({
          REGISTRY_HTTP_ADDR: `127.0.0.1:${port}`,
          REGISTRY_HTTP_TLS_CERTIFICATE: certificate,
          REGISTRY_HTTP_TLS_KEY: key,
        }),
      });
      await using daemon = await DockerDaemon.start({ mirrors: [berth.url], proxy: NOWHERE });
      const { port } = berth;

      await daemon.docker("pull", "app:v1");
      // as many times as there are clients, and nothing is asked for twice
      for (const kind of imageClients.filter(({ name }) => name !== "docker")) {
        await using client = await kind.open({ port, authority: upstream.ca });
        await client.pull("app:v1"); // Docker Hub's name of one word
        await client.pull("library/app:v1");
        await assertRejects(() => client.push(makeImage({ seed: 5 }), "library/app:v2"), Error);
      }
      await upstream.registry.stop();
      assertEquals(blobsSent(upstream.registry), blobs);

      await daemon.docker("image", "rm", "app:v1");
      await daemon.docker("pull", "app:v1");
      await using client = await crane.open({ port, authority: upstream.ca });
      await client.pull("app:v1");
      await berth.stop();
      const log = berth.process.stdout + berth.process.stderr;
      assert(!log.includes(upstream.password), "the password is in the log");
    },
  );
}

/** Docker asks a mirror by its host name alone. */
function privateCache({ url, username, password, ca }: PrivateUpstream, root: string): string {
  return `version: 0.1
storage: {filesystem: {rootdirectory: ${root}}}
proxy:
  upstreams:
  - namespace: docker.io
    remoteurl: ${url}
    username: ${username}
    password: ${password}
    hosts: [127.0.0.1]
    library: true
    insecure: {ca: ${ca}}
`;
}

toolTest(
  { tools: [peers.registry2] },
  "use case 3: REGISTRY_PROXY_REMOTEURL alone makes a cache, which takes no push",
  async () => {
    await using upstream = await startPeer("registry2");
    await new RegistryClient(upstream.url).pushImage("team/app", image, "v1");
    await using berth = await startBerth({ env: { REGISTRY_PROXY_REMOTEURL: upstream.url } });
    await new RegistryClient(berth.url).checkImage("team/app", image, "v1");
    for (
      const [method, target] of [
        ["POST", "/v2/team/app/blobs/uploads/"],
        ["PUT", "/v2/team/app/manifests/v2"],
      ] as const
    ) {
      const reply = await ask(berth.port, method, target, { body: "{}" });
      assertEquals([reply.status, reply.code], [405, "UNSUPPORTED"], `${method} ${target}`);
    }
    assertEquals(await tagsOf(berth), ["v1"]);
    assertEquals((await ask(berth.port, "GET", "/v2/_catalog")).text.trim(), catalog("team/app"));
  },
);

/** The ways to say which upstream is meant: path, `?ns=`, and the name of the host. */
const WAYS = (namespace: string, host: string) =>
  [
    { prefix: `${namespace}/`, query: "", host: "cache.test" },
    { prefix: "", query: `?ns=${namespace}`, host: "cache.test" },
    { prefix: "", query: "", host },
  ] as const;

toolTest(
  { tools: [...Object.values(peers), ...GUARD_TOOLS, "crane"] },
  "use cases 4 and 5: one process caches several upstreams under three names each, keeps one copy, and serves it after a start without them",
  async () => {
    const other = makeIndex(["amd64", "arm64"], { seed: 9 });
    await using locked = await PrivateUpstream.start("registry3");
    await using open = await startPeer("registry2");
    await locked.client.pushImage("org/app", image, "v1");
    await new RegistryClient(open.url).pushImage("org/app", other, "v1");
    await using berth = await startBerth({ extraConfig: severalUpstreams(locked, open) });
    const ghcr = WAYS("ghcr.io", "ghcr.test");
    const quay = WAYS("quay.io", "quay.test");

    for (const way of ghcr) await pull(berth, image, way);
    for (const way of quay) await pull(berth, other, way);
    const once = [blobs, digestsOf([other, ...other.children].flatMap(({ blobs }) => blobs))];
    assertEquals(
      (await ask(berth.port, "GET", "/v2/_catalog")).text.trim(),
      catalog("ghcr.io/org/app", "quay.io/org/app"),
    );
    const named = await ask(berth.port, "GET", "/v2/org/app/manifests/v1?ns=ghcr.io");
    assertEquals(named.header("oci-namespace"), "ghcr.io");
    const unknown = await ask(berth.port, "GET", "/v2/org/nobody/manifests/v1?ns=gcr.io");
    assertEquals([unknown.status, unknown.code], [404, "NAME_UNKNOWN"]);

    for (const process of [locked.registry, open, berth]) await process.stop();
    const sent = () => [locked.registry, open].map(blobsSent);
    assertEquals(sent(), once);
    assert(!`${locked.registry.stdout}${open.stdout}`.includes("org/nobody"));
    await berth.start();
    for (const way of ghcr) assertStale(await pull(berth, image, way));
    for (const way of quay) assertStale(await pull(berth, other, way));
    const absent = await ask(berth.port, "GET", "/v2/ghcr.io/org/other/manifests/v1");
    assert(absent.status === 502 || absent.status === 503, `${absent.status} ${absent.text}`);
    await using client = await crane.open({ port: berth.port, authority: locked.ca });
    await client.pull("ghcr.io/org/app:v1");

    await open.start();
    await eventually("upstream is asked again", async () => {
      const tag = await ask(berth.port, "GET", "/v2/quay.io/org/app/manifests/v1");
      return tag.status === 200 && tag.header("warning") === undefined;
    }, 60_000);
    assertEquals(sent(), once);
  },
);

function severalUpstreams(locked: PrivateUpstream, open: RegistryProcess): string {
  return `proxy:
  ttl: 604800000000000
  upstreams:
  - namespace: ghcr.io
    remoteurl: ${locked.url}
    username: ${locked.username}
    password: ${locked.password}
    hosts: [ghcr.test]
    insecure: {ca: ${locked.ca}}
  - {namespace: quay.io, remoteurl: '${open.url}', hosts: [quay.test], ttl: 0}
`;
}

toolTest(
  { tools: [peers.registry3] },
  "use case 7 in a cache: a tag that a user interface deletes is forgotten, and fetched at the next pull",
  async () => {
    await using upstream = await startPeer("registry3");
    await new RegistryClient(upstream.url).pushImage("team/app", image, "v1");
    await using berth = await startBerth({ env: { REGISTRY_PROXY_REMOTEURL: upstream.url } });
    const client = new RegistryClient(berth.url);
    const target = "/v2/team/app/manifests";
    const fetched = () =>
      served(upstream).filter(({ method, target }) =>
        method === "GET" && target.includes("/manifests/")
      ).length;
    for (const reference of [digest, "v1"]) {
      await client.checkImage("team/app", image, "v1");
      assertEquals((await ask(berth.port, "DELETE", `${target}/${reference}`)).status, 202);
      const before = fetched();
      await client.checkImage("team/app", image, "v1");
      await eventually("the pull after it asks upstream", () => fetched() > before);
    }
    assertEquals((await ask(berth.port, "DELETE", `${target}/${digest}`)).status, 202);
    await berth.stop();
    await upstream.stop();
    await berth.start();
    for (const reference of ["v1", digest]) {
      const reply = await ask(berth.port, "GET", `${target}/${reference}`);
      assert(reply.status === 502 || reply.status === 503, `${reply.status} ${reply.text}`);
    }
  },
);

/** Everything of an image at `org/app:v1`. @returns the answer to the tag */
async function pull(
  { port }: RegistryProcess,
  image: Image,
  { prefix, query, host }: ReturnType<typeof WAYS>[number],
): Promise<Reply> {
  const get = (kind: string, reference: string) =>
    ask(port, "GET", `/v2/${prefix}org/app/${kind}/${reference}${query}`, {
      headers: { Host: host },
    });
  const tag = await get("manifests", "v1");
  assertEquals(sha256(tag.body), image.manifest.descriptor.digest, `${tag.status} ${host}`);
  const below = new Set(digestsOf([image, ...image.children].flatMap(({ blobs }) => blobs)));
  for (const { descriptor } of allContent(image)) {
    const kind = below.has(descriptor.digest) ? "blobs" : "manifests";
    const got = await get(kind, descriptor.digest);
    assertEquals(sha256(got.body), descriptor.digest, `${kind} ${got.status} by ${host}${query}`);
  }
  return tag;
}

function assertStale(reply: Reply): void {
  assert(reply.header("warning")?.startsWith("299 "), `Warning: ${reply.header("warning")}`);
}

async function tagsOf(registry: RegistryProcess): Promise<string[]> {
  return await new RegistryClient(registry.url).tags("team/app");
}

function catalog(...repositories: string[]): string {
  return JSON.stringify({ repositories });
}

function digestsOf(contents: Image["blobs"]): string[] {
  return [...new Set(contents.map(({ descriptor }) => descriptor.digest))].sort();
}
