import { assert, assertEquals } from "@std/assert";
import { dirname, join } from "@std/path";
import {
  content,
  type Image,
  makeArtifact,
  makeImage,
  makeIndex,
  noise,
} from "../support/images.ts";
import { type Peer, peers, startPeer } from "../support/peers.ts";
import { RegistryClient } from "../support/registry_client.ts";
import { startBerth } from "../support/server.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { toolTest } from "../support/tools.ts";

const image = makeImage({ family: "docker" });
const other = makeImage({ seed: 7 });
const index = makeIndex();
const artifact = makeArtifact(other);

/** Where the tree begins below a storage root. */
const TREE = "docker/registry/v2";

/** What every tree of these tests holds. */
async function pushAll(client: RegistryClient): Promise<void> {
  await client.pushImage("team/app", image, "v1", "latest");
  await client.pushImage("team/app", other, "latest");
  await client.pushImage("team/multi", index, "it");
  await client.pushImage("artifacts", artifact, "sbom");
}

async function checkAll(client: RegistryClient): Promise<void> {
  await client.checkImage("team/app", image, "v1");
  await client.checkImage("team/app", other, "latest");
  await client.checkImage("team/app", image);
  await client.checkImage("team/multi", index, "it");
  await client.checkImage("artifacts", artifact, "sbom");
}

async function checkTags(client: RegistryClient, ...expected: string[]): Promise<void> {
  assertEquals((await client.tags("team/app")).sort(), expected);
}

/** Every file below a folder with its text (data: its digest by name), uploads left out: they are no content. */
async function readTree(root: string, folder = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(join(root, folder))) {
    const path = join(folder, entry.name);
    if (entry.name === "_uploads" || entry.name === "_referrers") continue;
    if (entry.isDirectory) found.push(...await readTree(root, path));
    else if (entry.name === "link") {
      found.push(`${path} ${await Deno.readTextFile(join(root, path))}`);
    } else found.push(path);
  }
  return found.sort();
}

for (const peer of Object.keys(peers) as Peer[]) {
  const tools = [peers[peer]];

  toolTest({ tools }, `berth serves what ${peer} wrote, and adds to it`, async () => {
    await using folder = await TempFolder.make();
    {
      await using writer = await startPeer(peer, { root: folder.path });
      await pushAll(new RegistryClient(writer.url));
      await writer.stop();
    }
    await using berth = await startBerth({ root: folder.path });
    const client = new RegistryClient(berth.url);
    await checkAll(client);
    await checkTags(client, "latest", "v1");
    await client.pushImage("team/app", makeImage({ seed: 9 }), "v9");
    await checkTags(client, "latest", "v1", "v9");
    await checkAll(client);
  });

  toolTest({ tools }, `${peer} serves what berth wrote, and adds to it`, async () => {
    await using folder = await TempFolder.make();
    {
      await using berth = await startBerth({ root: folder.path });
      await pushAll(new RegistryClient(berth.url));
      await berth.stop();
    }
    await using reader = await startPeer(peer, { root: folder.path });
    const client = new RegistryClient(reader.url);
    await checkAll(client);
    await checkTags(client, "latest", "v1");
    await client.pushImage("team/app", makeImage({ seed: 9 }), "v9");
    await checkAll(client);
  });

  toolTest({ tools }, `the tree that berth writes is the one of ${peer}`, async () => {
    await using folder = await TempFolder.make();
    await using ours = await startBerth({ root: folder.at("ours") });
    await using theirs = await startPeer(peer, { root: folder.at("theirs") });
    for (const registry of [ours, theirs]) {
      await pushAll(new RegistryClient(registry.url));
      await registry.stop();
    }
    assertEquals(await readTree(join(ours.root, TREE)), await readTree(join(theirs.root, TREE)));
  });

  toolTest({ tools }, `an upload that a killed ${peer} left is finished by berth`, async () => {
    const blob = content("application/octet-stream", noise(300_000, 3));
    await using folder = await TempFolder.make();
    let target: string;
    {
      await using writer = await startPeer(peer, { root: folder.path });
      const client = new RegistryClient(writer.url);
      await pushAll(client);
      const upload = await client.startUpload("team/app");
      await client.appendUpload(upload, blob.bytes.slice(0, 100_000));
      target = new URL(upload).pathname;
      await writer.kill();
    }
    await using berth = await startBerth({ root: folder.path });
    const client = new RegistryClient(berth.url);
    const status = await client.request("GET", target);
    assertEquals([status.status, status.headers.get("range")], [204, "0-99999"]);
    const next = await client.appendUpload(berth.url + target, blob.bytes.slice(100_000));
    const put = await client.request("PUT", `${next}?digest=${blob.descriptor.digest}`);
    assertEquals(put.status, 201);
    await client.checkBlob("team/app", blob);
    await checkAll(client);
  });

  toolTest({ tools }, `what a crashed ${peer} leaves behind breaks nothing in berth`, async () => {
    await using folder = await TempFolder.make();
    {
      await using writer = await startPeer(peer, { root: folder.path });
      const client = new RegistryClient(writer.url);
      await pushAll(client);
      await client.pushImage("team/broken", image, "tag", "good");
      await client.pushImage("team/torn", other, "it");
      await writer.kill();
    }
    await litter(folder.at(TREE));
    await using berth = await startBerth({ root: folder.path });
    const client = new RegistryClient(berth.url);
    await checkAll(client);
    await checkTags(client, "latest", "v1");
    await checkBroken(client);
    await berth.stop();
    await using reader = await startPeer(peer, { root: folder.path });
    await checkAll(new RegistryClient(reader.url));
  });
}

/** What crashes, editors and file systems leave in a tree. */
async function litter(tree: string): Promise<void> {
  const repository = (name: string) => join(tree, "repositories", name);
  const hex = (image: Image) => image.manifest.descriptor.digest.replace("sha256:", "");
  const layer = (other.blobs[1]?.descriptor.digest ?? "").replace("sha256:", "");
  const files = [
    // a link of registry:2, opened and not yet written
    join(repository("team/broken"), "_manifests/tags/tag/current/link"),
    join(repository("team/torn"), `_manifests/revisions/sha256/${hex(other)}/link`),
    join(repository("team/torn"), `_layers/sha256/${layer}/link`),
    // temporary files of registry:3
    join(repository("team/app"), "_manifests/tags/v1/current/link.0197-6d.tmp"),
    join(tree, `blobs/sha256/${hex(image).slice(0, 2)}/${hex(image)}/data.0197-6d.tmp`),
    // uploads without a start, and with nonsense for one
    join(repository("team/app"), "_uploads/6ba7b810-9dad-41d1-80b4-00c04fd430c8/data"),
    join(repository("team/app"), "_uploads/6ba7b811-9dad-41d1-80b4-00c04fd430c8/startedat"),
    // junk
    join(tree, "repositories/.DS_Store"),
    join(tree, "repositories/team/.DS_Store"),
    join(tree, "repositories/team/app/_manifests/tags/.DS_Store"),
    join(tree, "repositories/team/app/_manifests/revisions/sha256/junk/link"),
    join(tree, "repositories/team/app/_layers/sha256/junk/link"),
    join(tree, "repositories/lost+found/#1"),
    join(tree, "blobs/sha256/zz/junk"),
    join(tree, "junk"),
  ];
  for (const file of files) {
    await Deno.mkdir(dirname(file), { recursive: true });
    await Deno.writeTextFile(file, "");
  }
}

async function checkBroken(client: RegistryClient): Promise<void> {
  const catalog = await client.request("GET", "/v2/_catalog");
  assertEquals(catalog.status, 200);
  const { repositories } = JSON.parse(new TextDecoder().decode(catalog.bytes));
  for (const name of ["artifacts", "team/app", "team/broken", "team/multi"]) {
    assert(repositories.includes(name), `${name} is missing in the catalog`);
  }
  await client.checkImage("team/broken", image, "good");
  const broken = await client.request("GET", "/v2/team/broken/manifests/tag");
  assertEquals(broken.status, 404);
  const torn = await client.request("GET", "/v2/team/torn/manifests/it");
  assertEquals(torn.status, 404);
  // pushing again repairs
  await client.pushImage("team/broken", image, "tag");
  await client.checkImage("team/broken", image, "tag");
  await client.pushImage("team/torn", other, "it");
  await client.checkImage("team/torn", other, "it");
}
