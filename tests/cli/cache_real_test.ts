import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type Image, makeImage, makeIndex } from "../support/images.ts";
import { startPeer } from "../support/peers.ts";
import { attempt, Process } from "../support/process.ts";
import { RegistryClient } from "../support/registry_client.ts";
import type { RegistryProcess } from "../support/registry_process.ts";
import { berthCommand, startBerth } from "../support/server.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { toolTest } from "../support/tools.ts";

const index = makeIndex(["amd64", "arm64"], { layers: [5_000, 200_000] });
const NAME = "up.example/team/app";

/** Runs the command of a file, as somebody beside the server would. */
function cache(config: string, ...args: string[]) {
  const program = berthCommand().slice(0, -1); // without `serve`
  return attempt([...program, "cache", ...args, "--config", config]);
}

interface World {
  readonly upstream: RegistryProcess;
  readonly berth: RegistryProcess;
  /** The configuration that berth runs by. */
  readonly config: string;
}

async function caching(test: (world: World) => Promise<void>): Promise<void> {
  await using upstream = await startPeer("registry2");
  const proxy = `proxy:
  maxsize: 1GB
  upstreams:
  - {namespace: up.example, remoteurl: '${upstream.url}'}
`;
  await using folder = await TempFolder.make();
  await using berth = await startBerth({ extraConfig: proxy, root: folder.at("data") });
  const storage = `storage: {filesystem: {rootdirectory: ${berth.root}}, delete: {enabled: true}}`;
  const config = folder.at("config.yml");
  await Deno.writeTextFile(
    config,
    `version: 0.1\n${storage}\nhttp: {addr: '${berth.host}'}\n${proxy}`,
  );
  await test({ upstream, berth, config });
}

async function assertServed(berth: RegistryProcess, image: Image, tag: string): Promise<void> {
  const client = new RegistryClient(berth.url);
  await client.checkImage(NAME, image, tag);
}

const tools = ["docker-registry"];

toolTest(
  { tools },
  "what was prefetched is served without upstream, listed, and fetched anew once it was removed",
  async () => {
    await caching(async ({ upstream, berth, config }) => {
      await new RegistryClient(upstream.url).pushImage("team/app", index, "1");
      const fetched = await cache(config, "prefetch", `${NAME}:1`, "--platform", "all");
      assertEquals([fetched.code, fetched.stderr], [0, ""]);
      assertMatch(fetched.stdout, new RegExp(`^${NAME}:1 ${index.manifest.descriptor.digest}: 6 `));
      await upstream.stop();
      await assertServed(berth, index, "1");

      const listed = await cache(config, "ls", "--json");
      const { images } = JSON.parse(listed.stdout);
      assertEquals(images.length, 1);
      assertEquals([images[0].repository, images[0].tag], [NAME, "1"]);
      const { upstreams, total, maxsize } = JSON.parse(
        (await cache(config, "stats", "--json")).stdout,
      );
      assertEquals(upstreams.map((line: { upstream: string }) => line.upstream), ["up.example"]);
      assertEquals([total.images, total.bytes, maxsize], [1, images[0].bytes, 1_000_000_000]);

      const removed = await cache(config, "rm", "up.example/**");
      assertEquals(removed.code, 0);
      assertStringIncludes(removed.stdout, `forgot ${NAME}:1\n1 image, `);
      const gone = await cache(config, "prefetch", `${NAME}:1`);
      assertEquals(gone.code, 1);
      assertMatch(
        gone.stderr,
        /^Cannot fetch .*: the server answered 50[23] \(UNAVAILABLE: .*\)\n$/,
      );
      await upstream.start();
      assertEquals((await cache(config, "prefetch", `${NAME}:1`)).code, 0);
      await assertServed(berth, index, "1");
    });
  },
);

toolTest(
  { tools },
  "a cache rm that is killed leaves every image whole or gone, and another one finishes",
  async () => {
    await caching(async ({ upstream, berth, config }) => {
      const images = Array.from(
        { length: 8 },
        (_, seed) => makeImage({ seed, layers: [2_000, 3_000] }),
      );
      const client = new RegistryClient(upstream.url);
      for (const [tag, image] of images.entries()) {
        await client.pushImage("team/app", image, `${tag}`);
      }
      const names = images.map((_, tag) => `${NAME}:${tag}`);
      assertEquals((await cache(config, "prefetch", ...names)).code, 0);

      const program = berthCommand().slice(0, -1);
      await using removing = Process.start({
        command: [...program, "cache", "rm", "**", "--config", config],
      });
      const tree = `${berth.root}/docker/registry/v2/_trash`;
      // it has begun to hide things
      await removing.until(async () => {
        if (removing.exited !== undefined) return true;
        for await (const _ of Deno.readDir(tree)) return true;
        return false;
      }, { interval: 1 }).catch(() => {});
      await removing.end("SIGKILL");

      for (const [tag, image] of images.entries()) await assertServed(berth, image, `${tag}`);
      const again = await cache(config, "rm", "**");
      assertEquals([again.code, again.stderr], [0, ""]);
      const { images: left } = JSON.parse((await cache(config, "ls", "--json")).stdout);
      assertEquals(left, []);
      for (const [tag, image] of images.entries()) await assertServed(berth, image, `${tag}`);
    });
  },
);

toolTest({ tools }, "pulls go on while images are removed again and again", async () => {
  await caching(async ({ upstream, berth, config }) => {
    await new RegistryClient(upstream.url).pushImage("team/app", index, "1");
    const removals = async () => {
      for (let round = 0; round < 4; round++) {
        const { stderr } = await cache(config, "rm", "**");
        assertMatch(stderr, /^(Nothing in the cache matches \*\*\n)?$/);
      }
    };
    let isOver = false;
    const pulls = async () => {
      while (!isOver) await assertServed(berth, index, "1");
    };
    await Promise.all([removals().finally(() => isOver = true), pulls(), pulls()]);
    await assertServed(berth, index, "1");
  });
});
