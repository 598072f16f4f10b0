import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { systemClock } from "../../src/async/clock.ts";
import { Origins } from "../../src/registry/origins.ts";
import { FilesystemDriver } from "../../src/storage/filesystem.ts";
import { name } from "../support/content.ts";
import { makeImage } from "../support/images.ts";
import { type Peer, peers, startPeer } from "../support/peers.ts";
import { RegistryClient } from "../support/registry_client.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { requireTool, toolTest } from "../support/tools.ts";

const image = makeImage({ family: "docker" });
const below = makeImage({ seed: 7 });

for (const peer of Object.keys(peers) as Peer[]) {
  toolTest(
    { tools: [peers[peer]] },
    `${peer} sees nothing of the marks that tell where a repository came from, nor loses them to its garbage collection`,
    async () => {
      await using folder = await TempFolder.make();
      const driver = new FilesystemDriver({ root: folder.at("data") });
      const origins = new Origins(driver, systemClock);
      await origins.claim(name("team/app"));
      await origins.noteFetched(name("team/app/below"));
      await using registry = await startPeer(peer, { root: folder.at("data") });
      const client = new RegistryClient(registry.url);
      await client.pushImage("team/app", image, "v1");
      await client.pushImage("team/app/below", below, "v1");
      const listing = await client.request("GET", "/v2/_catalog");
      const { repositories } = JSON.parse(new TextDecoder().decode(listing.bytes));
      assertEquals(repositories, ["team/app", "team/app/below"]);
      await registry.stop();
      const config = folder.at("config.yml");
      const root = folder.at("data");
      await Deno.writeTextFile(
        config,
        `version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: ${root}\n`,
      );
      const collected = await new Deno.Command(requireTool(peers[peer]), {
        args: ["garbage-collect", config],
        env: { OTEL_TRACES_EXPORTER: "none" },
      }).output();
      const text = new TextDecoder().decode(collected.stdout);
      assertEquals(collected.success, true, new TextDecoder().decode(collected.stderr));
      assertEquals(text.includes("0 blobs and 0 manifests eligible for deletion"), true, text);
      await registry.start();
      await client.checkImage("team/app", image, "v1");
      await client.checkImage("team/app/below", below, "v1");
      const later = new Origins(driver, systemClock);
      assertEquals(await later.isLocal(name("team/app")), true);
      assertEquals(await later.isFetched(name("team/app/below")), true);
      const tree = join(root, "docker/registry/v2/repositories/team/app/_origin");
      assertEquals(Array.from(Deno.readDirSync(tree)).length, 1);
      await driver.close();
    },
  );
}
