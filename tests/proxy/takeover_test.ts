import { assert, assertEquals } from "@std/assert";
import { systemClock } from "../../src/async/clock.ts";
import { systemTimers } from "../../src/async/timers.ts";
import { noEvictionMetrics } from "../../src/proxy/eviction_metrics.ts";
import { Expiry } from "../../src/proxy/expiry.ts";
import { SCHEDULER_STATE, SchedulerState } from "../../src/proxy/scheduler_state.ts";
import { FetchedContents } from "../../src/gc/fetched_contents.ts";
import { asDigest, type Digest } from "../../src/oci/digest.ts";
import { LocalRegistry } from "../../src/registry/local_registry.ts";
import { STRICT } from "../../src/registry/manifest_policy.ts";
import { Origins } from "../../src/registry/origins.ts";
import { FilesystemDriver } from "../../src/storage/filesystem.ts";
import { name, tag } from "../support/content.ts";
import { eventually } from "../support/eventually.ts";
import { type Image, makeImage } from "../support/images.ts";
import { type Peer, peers, startPeer } from "../support/peers.ts";
import { RecordedLog } from "../support/recorded_log.ts";
import { RegistryClient } from "../support/registry_client.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { toolTest } from "../support/tools.ts";

const HOUR = 60 * 60 * 1000;
const R = name("library/app");
const S = name("library/other");
const image = makeImage({ family: "docker" });
const other = makeImage({ seed: 7 });

function digestOf(of: Image): Digest {
  const digest = asDigest(of.manifest.descriptor.digest);
  assert(digest);
  return digest;
}

/** What berth does with the tree of another cache, at a time of the test's choice. */
async function expireAt(root: string, now: number) {
  const driver = new FilesystemDriver({ root });
  const logger = new RecordedLog();
  const clock = { now: () => now };
  const registry = new LocalRegistry({ driver, policy: STRICT, clock });
  const origins = new Origins(driver, clock);
  const ttl = () => 168 * HOUR;
  const content = await driver.getContent(SCHEDULER_STATE);
  const state = SchedulerState.read(content, ttl, { logger, clock });
  for (const repository of state.repositories()) await origins.adopt(repository);
  const contents = new FetchedContents({
    driver,
    clock,
    keep: 0,
    isFetched: (repository) => origins.isFetched(repository),
    unlink: (repository, digest) =>
      registry.repository(repository).manifests.delete({ kind: "digest", digest }),
    knownUse: (repository, digest) => state.lastUse(repository, digest),
  });
  const expiry = new Expiry({
    contents,
    ttl,
    shortestTtl: 168 * HOUR,
    isReachable: () => true,
    isBusy: () => false,
    clock,
    timers: systemTimers,
    logger,
    metrics: noEvictionMetrics,
  });
  await expiry.look();
  const has = async (repository: typeof R) => {
    const found = await registry.repository(repository).manifests
      .get({ kind: "tag", tag: tag("v1") }).catch(() => undefined);
    return found !== undefined;
  };
  const kept = [await has(R), await has(S)];
  await expiry.close();
  await registry.close();
  await driver.close();
  return { kept, state, log: logger.lines.filter((line) => !line.startsWith("info")) };
}

for (const peer of Object.keys(peers) as Peer[]) {
  toolTest(
    { tools: [peers[peer]] },
    `the cache folder of ${peer} is taken over with its dates, and given back`,
    async () => {
      await using folder = await TempFolder.make();
      const root = folder.at("cache");
      await using upstream = await startPeer("registry2");
      await new RegistryClient(upstream.url).pushImage(R, image, "v1");
      await new RegistryClient(upstream.url).pushImage(S, other, "v1");
      await using proxy = await startPeer(peer, {
        root,
        extraConfig: `proxy:\n  remoteurl: ${upstream.url}`,
      });
      const client = new RegistryClient(proxy.url);
      await client.checkImage(R, image, "v1");
      await client.checkImage(S, other, "v1");
      // It is written every five seconds.
      await eventually("the state is written", async () => {
        const text = await Deno.readTextFile(`${root}${SCHEDULER_STATE}`).catch(() => "");
        return text.includes(digestOf(image)) && text.includes(digestOf(other));
      }, 20_000);
      await proxy.stop();
      const before = await Deno.readFile(`${root}${SCHEDULER_STATE}`);

      const now = systemClock.now();
      const first = await expireAt(root, now);
      assertEquals([first.kept, first.log], [[true, true], []]);
      assertEquals([...first.state.repositories()].sort(), [R, S]);
      const fetched = first.state.lastUse(R, digestOf(image)) ?? 0;
      assert(Math.abs(now - fetched) < HOUR, `fetched at ${new Date(fetched).toISOString()}`);
      // A copy of the folder has other times; the dates hold all the same.
      await touchAll(root, new Date(now - 400 * HOUR));
      assertEquals((await expireAt(root, now + 160 * HOUR)).kept, [true, true]);
      assertEquals(await Deno.readFile(`${root}${SCHEDULER_STATE}`), before);

      // Back: the other cache serves it without its upstream having to send a blob again.
      await proxy.start();
      await client.checkImage(R, image, "v1");
      await client.checkImage(S, other, "v1");
      await proxy.stop();
      assertEquals((await expireAt(root, now + 400 * HOUR)).kept, [false, false]);
    },
  );
}

async function touchAll(folder: string, time: Date): Promise<void> {
  for await (const entry of Deno.readDir(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) await touchAll(path, time);
    else await Deno.utime(path, time, time);
  }
}
