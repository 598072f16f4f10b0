import { assert, assertEquals } from "@std/assert";
import { type Content, type Image, makeImage } from "../support/images.ts";
import { seededRandom } from "../support/random.ts";
import { acceptAll, RegistryClient } from "../support/registry_client.ts";
import type { RegistryProcess } from "../support/registry_process.ts";
import { scrub } from "../support/scrub.ts";
import { startBerth } from "../support/server.ts";
import { inCi } from "../support/tools.ts";

/** BERTH_KILLS=100 for more; BERTH_SEED to see a failure again. */
const KILLS = Number(Deno.env.get("BERTH_KILLS") ?? (inCi ? 30 : 10));
const SEED = Number(Deno.env.get("BERTH_SEED") ?? Date.now() % 1_000_000);
const CLIENTS = 3;
/** Milliseconds of pushing before a kill, at most: enough for several images. */
const LONGEST = 600;

/** What one client tried, and what it was told. */
interface Attempt {
  readonly repository: string;
  readonly tag: string;
  readonly image: Image;
  /** Blobs whose upload was answered. */
  readonly blobs: Content[];
  /** Whether the manifest was answered. */
  acknowledged: boolean;
}

Deno.test(`kill -9 at ${KILLS} moments of pushing loses nothing that was acknowledged and shows nothing half (seed ${SEED})`, async () => {
  const random = seededRandom(SEED);
  await using berth = await startBerth();
  const client = new RegistryClient(berth.url);
  const all: Attempt[] = [];
  const longest = Math.max(LONGEST, 4 * await timeOfPush(client));
  for (let round = 0; round < KILLS; round++) {
    const attempts = await pushUntilKilled(berth, round, random() * longest);
    await berth.start();
    for (const attempt of attempts) await checkAttempt(client, attempt);
    all.push(...attempts);
  }
  for (const attempt of all) await checkAttempt(client, attempt);
  await berth.stop();
  assertEquals(await scrub(berth.root), []);
  assert(all.some(({ acknowledged }) => acknowledged), "no push was acknowledged before a kill");
  assert(all.some(({ acknowledged }) => !acknowledged), "no push was interrupted by a kill");
});

/** Milliseconds that a push takes here and now: on a busy machine none would end before the kill otherwise. */
async function timeOfPush(client: RegistryClient): Promise<number> {
  const start = performance.now();
  await client.pushImage("team/first", makeImage({ seed: 1, layers: [2_000_000], level: 0 }), "t");
  return performance.now() - start;
}

/** Lets clients push images, one after the other, until the server is killed at a random moment. */
async function pushUntilKilled(
  berth: RegistryProcess,
  round: number,
  lifetime: number,
): Promise<Attempt[]> {
  const attempts: Attempt[] = [];
  const client = new RegistryClient(berth.url);
  const pushAll = async (number: number) => {
    for (let i = 0;; i++) {
      const seed = round * 10_000 + number * 1_000 + i;
      const image = makeImage({
        seed,
        layers: [500, 20_000, i % 3 === 0 ? 2_000_000 : 100_000],
        level: 0,
      });
      const attempt: Attempt = {
        repository: `team/c${number}`,
        tag: `t${seed}`,
        image,
        blobs: [],
        acknowledged: false,
      };
      attempts.push(attempt);
      for (const blob of image.blobs) {
        await client.pushBlob(attempt.repository, blob);
        attempt.blobs.push(blob);
      }
      await client.pushManifest(attempt.repository, image.manifest, attempt.tag);
      attempt.acknowledged = true;
    }
  };
  const clients = Array.from({ length: CLIENTS }, (_, number) => pushAll(number));
  const ended = Promise.allSettled(clients);
  await new Promise((resolve) => setTimeout(resolve, lifetime));
  await berth.kill();
  for (const outcome of await ended) {
    if (outcome.status === "rejected" && String(outcome.reason).includes("expected")) {
      throw outcome.reason; // an answer of the wrong status, not a broken connection
    }
  }
  return attempts;
}

/** What was acknowledged is all there; what was not is absent, or all there. */
async function checkAttempt(client: RegistryClient, attempt: Attempt): Promise<void> {
  const { repository, tag, image, blobs, acknowledged } = attempt;
  const got = await client.request("GET", `/v2/${repository}/manifests/${tag}`, {
    headers: { accept: acceptAll },
  });
  if (acknowledged || got.status !== 404) return await client.checkImage(repository, image, tag);
  for (const blob of image.blobs) {
    const found = await client.request("HEAD", `/v2/${repository}/blobs/${blob.descriptor.digest}`);
    if (blobs.includes(blob) || found.status !== 404) await client.checkBlob(repository, blob);
  }
}
