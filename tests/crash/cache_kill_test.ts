import { assert, assertEquals } from "@std/assert";
import { eventually } from "../support/eventually.ts";
import { imageScript } from "../support/image_script.ts";
import { type Content, makeImage } from "../support/images.ts";
import { seededRandom } from "../support/random.ts";
import { RegistryClient } from "../support/registry_client.ts";
import { ScriptedServer } from "../support/scripted_server.ts";
import { scrub } from "../support/scrub.ts";
import { startBerth } from "../support/server.ts";

/** BERTH_SEED to see a failure again. */
const SEED = Number(Deno.env.get("BERTH_SEED") ?? Date.now() % 1_000_000);
const LARGE = 8_000_000;
/** Less than that of what upstream has sent may not be on disk yet. */
const WRITTEN_AT_ONCE = 262_144;

const image = makeImage({ layers: [5_000, LARGE], level: 0 });
const layer = largestOf(image.blobs);

/** How much of the layer has come when the server is killed: the cut before the last 64 KiB and the very end are special. */
const MOMENTS = (size: number, random: number): readonly number[] => [
  0,
  1,
  Math.floor(random * size),
  size - 65_536,
  size - 1,
];

Deno.test(`kill -9 in the middle of a fill leaves nothing half, and the next pull works (seed ${SEED})`, async () => {
  const size = layer.bytes.length;
  const random = seededRandom(SEED)();
  for (const moment of MOMENTS(size, random)) {
    await using upstream = ScriptedServer.start(imageScript("team/app", image, (content) => {
      return content === layer ? { stallAfter: moment } : {};
    }));
    await using berth = await startBerth({ env: { REGISTRY_PROXY_REMOTEURL: upstream.url } });
    const client = new RegistryClient(berth.url);
    const pull = client.checkImage("team/app", image, "v1").then(() => "whole", () => "cut");
    await eventually("the layer is on its way", async () => {
      const asked = upstream.asked.some((line) => line.includes(layer.descriptor.digest));
      return asked && await received(berth.root) >= moment - WRITTEN_AT_ONCE;
    });
    await berth.kill();
    assertEquals(await pull, "cut");
    assertEquals(await scrub(berth.root), [], `after ${moment} bytes`);

    upstream.script = imageScript("team/app", image);
    await berth.start();
    const blob = `/v2/team/app/blobs/${layer.descriptor.digest}`;
    assertEquals((await client.request("HEAD", blob)).status, 200);
    await client.checkImage("team/app", image, "v1");
    upstream.script = () => ({ status: 503 });
    // the last bytes are on their way before the blob is on disk for good
    await eventually("all of it is kept", async () => {
      return await client.checkImage("team/app", image, "v1").then(() => true, () => false);
    });
    await berth.stop();
    assertEquals(await scrub(berth.root), []);
  }
});

Deno.test(`kill -9 at any moment of a pull through the cache leaves what a pull can go on from (seed ${SEED})`, async () => {
  const random = seededRandom(SEED + 1);
  await using upstream = ScriptedServer.start(imageScript("team/app", image));
  await using berth = await startBerth({ env: { REGISTRY_PROXY_REMOTEURL: upstream.url } });
  const client = new RegistryClient(berth.url);
  let cut = 0;
  for (let kill = 0; kill < 5; kill++) {
    upstream.script = imageScript("team/app", image, ({ bytes }) => ({ body: slowly(bytes) }));
    const pull = client.checkImage("team/app", image, "v1").then(() => 0, () => 1);
    await new Promise((resolve) => setTimeout(resolve, random() * 400));
    await berth.kill();
    cut += await pull;
    assertEquals(await scrub(berth.root), []);
    await berth.start();
  }
  upstream.script = imageScript("team/app", image);
  await client.checkImage("team/app", image, "v1");
  assert(cut > 0, "no pull was interrupted by a kill");
});

function largestOf(contents: readonly Content[]): Content {
  return contents.reduce((a, b) => a.bytes.length > b.bytes.length ? a : b);
}

/** About 20 MB/s. */
async function* slowly(bytes: Uint8Array<ArrayBuffer>): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 100_000) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    yield bytes.subarray(at, at + 100_000);
  }
}

/** Bytes of uploads that are not yet ended. */
async function received(root: string): Promise<number> {
  let sum = 0;
  for (const path of await filesOf(root)) {
    if (path.includes("/_uploads/") && path.endsWith("/data")) {
      sum += (await Deno.stat(path)).size;
    }
  }
  return sum;
}

async function filesOf(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) found.push(...await filesOf(`${folder}/${name}`));
    else found.push(`${folder}/${name}`);
  }
  return found;
}
