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
const cases: readonly (readonly [name: string, image: Image])[] = [
  ["an image with several layers", image],
  ["an index with two platforms", makeIndex()],
  ["an artifact with a subject", makeArtifact(image)],
];

/** Copies by skopeo without signature policy, all platforms, bytes unchanged. */
async function copy(from: string, to: string): Promise<void> {
  const insecure = ["--src-tls-verify=false", "--dest-tls-verify=false"];
  await run([
    requireTool("skopeo"),
    "--insecure-policy",
    ...["copy", "--all", "--preserve-digests", ...insecure, from, to],
  ]);
}

for (const [name, content] of cases) {
  toolTest({ tools: ["skopeo"] }, `skopeo pushes and pulls ${name}, byte for byte`, async () => {
    await using folder = await TempFolder.make();
    await using berth = await startBerth();
    await writeLayout(folder.at("from"), { it: content });
    const remote = `docker://${berth.host}/team/app:it`;

    await copy(`oci:${folder.at("from")}:it`, remote);
    await new RegistryClient(berth.url).checkImage("team/app", content, "it");

    await copy(remote, `oci:${folder.at("to")}:it`);
    const expected = allContent(content).map(({ descriptor }) => descriptor.digest).sort();
    assertEquals(await layoutDigests(folder.at("to")), expected);
  });
}

toolTest({ tools: ["skopeo"] }, "skopeo carries docker's types through a folder", async () => {
  const docker = makeImage({ family: "docker", seed: 2 });
  await using folder = await TempFolder.make();
  await using berth = await startBerth();
  const client = new RegistryClient(berth.url);
  await client.pushImage("team/from", docker, "it");
  await copy(`docker://${berth.host}/team/from:it`, `dir:${folder.at("it")}`);
  await copy(`dir:${folder.at("it")}`, `docker://${berth.host}/team/to:it`);
  await client.checkImage("team/to", docker, "it");
});

toolTest({ tools: ["skopeo"] }, "a second push by skopeo uploads nothing", async () => {
  await using folder = await TempFolder.make();
  await using berth = await startBerth();
  await writeLayout(folder.at("from"), { it: image });
  const push = () => copy(`oci:${folder.at("from")}:it`, `docker://${berth.host}/team/app:it`);

  await push();
  const first = uploadsIn(berth.stdout).length;
  assert(first >= image.blobs.length, "the access log shows the uploads of the first push");
  await push();
  await berth.stop();
  assertEquals(uploadsIn(berth.stdout).slice(first), []);
});
