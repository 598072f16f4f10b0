import { assert, assertEquals } from "@std/assert";
import { only, type Scope } from "../../src/gc/scope.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { RegistryError } from "../../src/oci/error.ts";
import type { LocalRegistry } from "../../src/registry/local_registry.ts";
import { TRASH } from "../../src/registry/layout.ts";
import type { StorageDriver } from "../../src/storage/driver.ts";
import { MemoryDriver } from "../../src/storage/memory.ts";
import { collectNow, filesBelow, freshRegistry } from "../support/collecting.ts";
import { imageOf, indexOf, name, pushBlob, pushImage, sha256, tag } from "../support/content.ts";
import { Stepped } from "../support/stepped.ts";

const R = name("r");
const S = name("s");

interface Scene {
  readonly prepare: (registry: LocalRegistry) => Promise<unknown>;
  /** @returns the manifest that was acknowledged */
  readonly push: (registry: LocalRegistry) => Promise<Digest>;
  /** What the acknowledged manifest needs: each throws when something is missing. */
  readonly check: (registry: LocalRegistry, digest: Digest) => Promise<unknown>;
  readonly scope?: () => Promise<Scope>;
  readonly untagged?: boolean;
}

function refused(result: PromiseSettledResult<Digest> | undefined): boolean {
  return result?.status === "rejected" && result.reason instanceof RegistryError;
}

/** How far a rival gets before the other goes on: every fifth number, others in the next run. */
function* strides(run: number): Generator<number> {
  for (let i = run % 5; i < 200; i += 5) yield i;
}

/**
 * A collector does `first` of its steps, the push `middle` of its own, the collector ends (or dies, or a second one runs), the push
 * ends: for every pair of numbers.
 */
async function everyPair(
  scene: Scene,
  end: (collector: Stepped<unknown>, driver: StorageDriver) => Promise<void>,
): Promise<{ runs: number; acknowledged: number }> {
  const scope = await scene.scope?.();
  let runs = 0;
  let acknowledged = 0;
  for (let first = 0, longest = 1; first < longest; first++) {
    for (const middle of strides(first)) {
      const memory = new MemoryDriver();
      await scene.prepare(freshRegistry(memory));
      const collector = new Stepped(memory, (driver) =>
        collectNow(driver, {
          ...(scope && { scope }),
          untagged: scene.untagged ?? false,
        }));
      const push = new Stepped(memory, (driver) => scene.push(freshRegistry(driver)));
      await collector.advance(first);
      await push.advance(middle);
      const overtaken = push.result !== undefined;
      await end(collector, memory);
      longest = Math.max(longest, collector.driver.count);
      await push.advance();
      runs++;
      if (push.result?.status === "fulfilled") {
        acknowledged++;
        await scene.check(freshRegistry(memory), push.result.value);
        // More rounds leave all of it in place, and nothing in the trash.
        for (let round = 0; round < 3; round++) {
          await collectNow(memory, { deadAfter: 0, untagged: scene.untagged ?? false });
        }
        await scene.check(freshRegistry(memory), push.result.value);
        assertEquals((await filesBelow(memory, TRASH)).filter(isItem), []);
      } else assert(refused(push.result), String(Object.values(push.result ?? {})));
      if (overtaken) break;
    }
  }
  return { runs, acknowledged };
}

function isItem(path: string): boolean {
  return path.endsWith("/link") || path.endsWith("/data");
}

async function checkImage(registry: LocalRegistry, digest: Digest, repository = R) {
  const { blobs, manifests } = registry.repository(repository);
  await manifests.get({ kind: "digest", digest });
  for (const text of ["{}", "layer"]) await (await blobs.open(await sha256(text))).source.close();
}

/** The blobs lie there as garbage; the client asks for them, is told that they are there, and pushes the manifest. */
const headAndPut: Scene = {
  prepare: async (registry) => {
    await pushBlob(registry.repository(R), "{}");
    await pushBlob(registry.repository(R), "layer");
  },
  push: async (registry) => {
    const { blobs, manifests } = registry.repository(R);
    for (const text of ["{}", "layer"]) {
      const digest = await sha256(text);
      if (await blobs.stat(digest).catch(() => undefined) === undefined) {
        await pushBlob(registry.repository(R), text);
      }
    }
    return (await manifests.put({ ...await imageOf([await sha256("layer")]), tags: [tag("t")] }))
      .digest;
  },
  check: checkImage,
};

/** An image of a cache was forgotten, while another repository mounts its blobs. */
const evictAndMount: Scene = {
  prepare: async (registry) => {
    const digest = await pushImage(registry.repository(R), ["layer"]);
    await registry.repository(R).manifests.delete({ kind: "digest", digest });
  },
  push: async (registry) => {
    const { blobs, manifests } = registry.repository(S);
    for (const text of ["{}", "layer"]) {
      const mounted = await blobs.mount(await sha256(text), { repository: R });
      if (mounted === undefined) await pushBlob(registry.repository(S), text);
    }
    return (await manifests.put(await imageOf([await sha256("layer")]))).digest;
  },
  check: (registry, digest) => checkImage(registry, digest, S),
  scope: async () => {
    const { bytes } = await imageOf([await sha256("layer")]);
    const texts = ["{}", "layer", new TextDecoder().decode(bytes)];
    const digests = await Promise.all(texts.map(sha256));
    return only(digests.map((digest) => ({ repository: R, digest, canonical: digest })));
  },
};

/** A manifest without a tag becomes the child of a tagged index while it is collected. */
const indexOfUntagged: Scene = {
  untagged: true,
  prepare: (registry) => pushImage(registry.repository(R), ["layer"]),
  push: async (registry) => {
    const { bytes } = await imageOf([await sha256("layer")]);
    const child = await sha256(new TextDecoder().decode(bytes));
    const push = { ...indexOf([child]), tags: [tag("multi")] };
    return (await registry.repository(R).manifests.put(push)).digest;
  },
  check: async (registry, digest) => {
    const { bytes } = await imageOf([await sha256("layer")]);
    await registry.repository(R).manifests.get({ kind: "digest", digest });
    await checkImage(registry, await sha256(new TextDecoder().decode(bytes)));
  },
};

const scenes = { headAndPut, evictAndMount, indexOfUntagged };
const ends: Record<string, Parameters<typeof everyPair>[1]> = {
  "goes on": (collector) => collector.advance(),
  "dies": (collector) => collector.kill(),
  "meets a second one": async (collector, driver) => {
    // A server's round, which keeps what it hides: the push takes an index of which a child lacks its layers (registry.ts, sparse).
    await collectNow(driver, { deadAfter: Infinity, keep: 60_000 });
    await collector.advance();
  },
};

for (const [scene, of] of Object.entries(scenes)) {
  for (const [how, end] of Object.entries(ends)) {
    Deno.test(`${scene}: no acknowledged push loses anything to a collector that ${how}, wherever they meet`, async () => {
      const { runs, acknowledged } = await everyPair(of, end);
      assert(runs > 300, `only ${runs} interleavings`);
      assert(acknowledged > 0, `${acknowledged} of ${runs} acknowledged`);
    });
  }
}
