import { assert, assertEquals } from "@std/assert";
import { allContent, type Image, makeArtifact, makeImage, makeIndex } from "../support/images.ts";
import { uploadsIn } from "../support/access_log.ts";
import { layoutDigests, writeLayout } from "../support/oci_layout.ts";
import { run } from "../support/process.ts";
import { RegistryClient } from "../support/registry_client.ts";
import { startBerth } from "../support/server.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { requireTool, toolTest } from "../support/tools.ts";

const image = makeImage();

async function crane(...args: string[]): Promise<string> {
  return (await run([requireTool("crane"), ...args])).stdout.trim();
}

const cases: readonly (readonly [name: string, image: Image, validated: boolean])[] = [
  ["an image with several layers", image, true],
  ["an index with two platforms", makeIndex(), true],
  // its config is no image config, which validate insists on
  ["an artifact with a subject", makeArtifact(image), false],
];

for (const [name, content, validated] of cases) {
  toolTest({ tools: ["crane"] }, `crane pushes, validates and pulls ${name}`, async () => {
    await using folder = await TempFolder.make();
    await using berth = await startBerth();
    await writeLayout(folder.at("from"), { it: content });
    const remote = `${berth.host}/team/app:it`;

    await crane("push", folder.at("from"), remote);
    assertEquals(await crane("digest", remote), content.manifest.descriptor.digest);
    await new RegistryClient(berth.url).checkImage("team/app", content, "it");
    if (validated) await crane("validate", "--remote", remote);

    await crane("pull", "--format=oci", remote, folder.at("to"));
    const expected = allContent(content).map(({ descriptor }) => descriptor.digest).sort();
    assertEquals(await layoutDigests(folder.at("to")), expected);
  });
}

toolTest({ tools: ["crane"] }, "what crane pulled as an archive is valid", async () => {
  await using folder = await TempFolder.make();
  await using berth = await startBerth();
  await new RegistryClient(berth.url).pushImage("team/app", image, "it");
  await crane("pull", `${berth.host}/team/app:it`, folder.at("image.tar"));
  await crane("validate", "--tarball", folder.at("image.tar"));
});

toolTest({ tools: ["crane"] }, "a second push by crane uploads nothing", async () => {
  await using folder = await TempFolder.make();
  await using berth = await startBerth();
  await writeLayout(folder.at("from"), { it: image });
  const push = () => crane("push", folder.at("from"), `${berth.host}/team/app:it`);

  await push();
  const first = uploadsIn(berth.stdout).length;
  assert(first >= image.blobs.length, "the access log shows the uploads of the first push");
  await push();
  await berth.stop();
  assertEquals(uploadsIn(berth.stdout).slice(first), []);
});

toolTest({ tools: ["crane"] }, "crane copies between repositories by mounting", async () => {
  await using berth = await startBerth();
  const client = new RegistryClient(berth.url);
  await client.pushImage("team/app", image, "it");
  const before = uploadsIn(berth.stdout).length;

  await crane("copy", `${berth.host}/team/app:it`, `${berth.host}/team/copy:it`);
  await client.checkImage("team/copy", image, "it");
  await berth.stop();
  assertEquals(uploadsIn(berth.stdout).slice(before), []);
});

toolTest({ tools: ["crane"] }, "crane lists, deletes and no longer finds a tag", async () => {
  await using berth = await startBerth();
  const client = new RegistryClient(berth.url);
  await client.pushImage("team/app", image, "one", "two");
  assertEquals((await crane("ls", `${berth.host}/team/app`)).split("\n"), ["one", "two"]);
  assertEquals(await crane("catalog", berth.host), "team/app");

  await crane("delete", `${berth.host}/team/app:one`);
  assertEquals(await crane("ls", `${berth.host}/team/app`), "two");
  await client.checkImage("team/app", image, "two");
});
