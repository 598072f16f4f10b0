import { assert, assertEquals } from "@std/assert";
import { parseDigest } from "../../src/oci/digest.ts";
import { Certificates } from "../support/certificates.ts";
import { makeImage, makeIndex, sha256 } from "../support/images.ts";
import { type Peer, peers, startPeer } from "../support/peers.ts";
import { run } from "../support/process.ts";
import { RegistryClient } from "../support/registry_client.ts";
import { TempFolder } from "../support/temp_folder.ts";
import {
  assertFails,
  byDigest,
  byTag,
  collect,
  repository,
  tagged,
  TestedUpstream,
} from "../support/tested_upstream.ts";
import { toolTest } from "../support/tools.ts";

const app = repository("team/app");
const index = makeIndex(["amd64", "arm64"], { layers: [2_000, 3_000_000] });
const image = index.children[0] ?? makeImage();
const all = { limit: undefined, last: "" };

async function pullEverything({ upstream }: TestedUpstream): Promise<void> {
  const { signal } = new AbortController();
  const { digest, mediaType } = index.manifest.descriptor;
  assertEquals((await upstream.resolve(app, tagged("multi")))?.digest as string, digest);
  const got = await upstream.manifest(app, byTag("multi"));
  assertEquals(`${got?.digest} ${got?.mediaType}`, `${digest} ${mediaType}`);
  assertEquals(got?.bytes, index.manifest.bytes);
  const child = await upstream.manifest(app, byDigest(image.manifest.descriptor.digest));
  assertEquals(child?.bytes, image.manifest.bytes);
  for (const { descriptor, bytes } of image.blobs) {
    const blob = parseDigest(descriptor.digest);
    assertEquals(await upstream.blobSize(app, blob), bytes.length);
    for (const start of [0, 7, bytes.length]) {
      const opened = await upstream.blob(app, blob, { signal, start, size: bytes.length });
      assertEquals(opened?.size, bytes.length);
      assertEquals(
        sha256(await collect(opened?.chunks ?? (async function* () {})())),
        sha256(bytes.slice(start)),
      );
    }
    const part = await upstream.blob(app, blob, { signal, start: 5, end: 9 });
    assert(part !== undefined);
    assertEquals(await collect(part.chunks), bytes.slice(5, 9));
  }
  assertEquals((await upstream.tags(app, all))?.entries as string[] | undefined, ["multi", "one"]);
  assertEquals(
    (await upstream.tags(app, { limit: 1, last: "" }))?.entries as string[] | undefined,
    ["multi"],
  );
  assertEquals(
    (await upstream.tags(app, { limit: 1, last: "multi" }))?.entries as string[] | undefined,
    ["one"],
  );
  const absent = parseDigest(`sha256:${"0".repeat(64)}`);
  assertEquals(await upstream.resolve(app, tagged("absent")), undefined);
  assertEquals(await upstream.manifest(app, byDigest(absent)), undefined);
  assertEquals(await upstream.blobSize(app, absent), undefined);
  assertEquals(await upstream.blob(app, absent, { signal, start: 0 }), undefined);
  assertEquals(await upstream.tags(repository("team/absent"), all), undefined);
  assertEquals(await upstream.referrers(app, parseDigest(digest), undefined), []);
}

for (const peer of Object.keys(peers) as Peer[]) {
  toolTest({ tools: [peers[peer]] }, `everything can be had of ${peer}`, async () => {
    await using registry = await startPeer(peer);
    const client = new RegistryClient(registry.url);
    await client.pushImage("team/app", index, "multi");
    await client.pushImage("team/app", image, "one");
    using tested = new TestedUpstream(registry.url);
    await pullEverything(tested);
    assertEquals(tested.log.lines, []);
    await registry.kill();
    await assertFails(() => tested.upstream.resolve(app, tagged("multi")), "unreachable");
    await registry.start();
    assert(await tested.upstream.resolve(app, tagged("multi")) !== undefined);
  });

  toolTest(
    { tools: [peers[peer], "htpasswd", "openssl"] },
    `everything can be had of ${peer} with htpasswd, over TLS from a private CA`,
    async () => {
      await using folder = await TempFolder.make();
      await using ca = await Certificates.make();
      const { certificate, key } = await ca.issue("server");
      await run(["htpasswd", "-Bbc", folder.at("htpasswd"), "alice", "s3cret:ü"]);
      const trusting = Deno.createHttpClient({
        caCerts: [await Deno.readTextFile(ca.root.certificate)],
        http2: false,
      });
      const headers = {
        authorization: `Basic ${new TextEncoder().encode("alice:s3cret:ü").toBase64()}`,
      };
      try {
        await using registry = await startPeer(peer, {
          http: ["secret: of-the-tests", "tls:", `  certificate: ${certificate}`, `  key: ${key}`],
          extraConfig: `auth:\n  htpasswd:\n    realm: basic-realm\n    path: ${
            folder.at("htpasswd")
          }\n`,
          answers: async ({ port }) => {
            const response = await fetch(`https://127.0.0.1:${port}/v2/`, { client: trusting });
            await response.body?.cancel();
            return response.status === 401;
          },
        });
        const url = registry.url.replace("http:", "https:");
        const client = new RegistryClient(url, { headers, client: trusting });
        await client.pushImage("team/app", index, "multi");
        await client.pushImage("team/app", image, "one");
        const options = { ca: ca.root.certificate, username: "alice", password: "s3cret:ü" };
        using tested = new TestedUpstream(url, options);
        await pullEverything(tested);
        using wrong = new TestedUpstream(url, { ...options, password: "wrong" });
        await assertFails(() => wrong.upstream.resolve(app, tagged("multi")), "denied");
        using anonymous = new TestedUpstream(url, { ca: ca.root.certificate });
        await assertFails(() => anonymous.upstream.tags(app, all), "denied", "none are configured");
      } finally {
        trusting.close();
      }
    },
  );
}
