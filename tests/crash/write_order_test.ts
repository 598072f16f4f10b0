import { assert, assertEquals } from "@std/assert";
import { makeArtifact, makeImage } from "../support/images.ts";
import { Process } from "../support/process.ts";
import { RegistryClient } from "../support/registry_client.ts";
import { startBerth } from "../support/server.ts";
import { parseStrace } from "../support/strace.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { requireTool, toolTest } from "../support/tools.ts";
import { checkWriteOrder, type Step, TRACED_CALLS } from "../support/write_order.ts";

const image = makeImage({ layers: [1_000, 3_000_000] });
const artifact = makeArtifact(image);

/** Pushes one request after the other to a berth under strace. */
async function tracePush(push: (client: RegistryClient) => Promise<void>): Promise<Step[]> {
  await using folder = await TempFolder.make();
  await using berth = await startBerth();
  const file = folder.at("trace");
  await using strace = Process.start({
    command: [
      requireTool("strace"),
      ...["-f", "-y", "-s", "300", "-e", `trace=${TRACED_CALLS}`],
      ...["-o", file, "-p", String(berth.pid)],
    ],
  });
  await strace.until(() => Promise.resolve(strace.stderr.includes("attached")));
  await push(new RegistryClient(berth.url));
  await berth.stop();
  await strace.exit();
  return checkWriteOrder(parseStrace(await Deno.readTextFile(file)), berth.root);
}

function publishedIn(steps: readonly Step[], status: number): string[] {
  return steps.filter((step) => step.status === status).flatMap(({ published }) => published);
}

toolTest({ tools: ["strace"] }, "each 201 is sent after what it promises is durable", async () => {
  const steps = await tracePush(async (client) => {
    await client.pushImage("team/app", image, "it");
    await client.pushImage("team/app", artifact, "sbom");
  });
  assertEquals(steps.flatMap(({ violations }) => violations), []);

  const names = publishedIn(steps, 201);
  for (const { descriptor } of [...image.blobs, image.manifest]) {
    const hex = descriptor.digest.slice(7);
    assert(names.some((name) => name.endsWith(`${hex}/data`)), `${hex} was not published`);
  }
  const repository = "/docker/registry/v2/repositories/team/app";
  const hex = image.manifest.descriptor.digest.slice(7);
  for (
    const link of [
      `_layers/sha256/${image.blobs[0]?.descriptor.digest.slice(7)}/link`,
      `_manifests/revisions/sha256/${hex}/link`,
      `_manifests/tags/it/index/sha256/${hex}/link`,
      `_manifests/tags/it/current/link`,
    ]
  ) assert(names.includes(`${repository}/${link}`), `${link} was not published`);
});

toolTest({ tools: ["strace"] }, "a push of what is there keeps the order, too", async () => {
  const steps = await tracePush(async (client) => {
    await client.pushImage("team/app", image, "it");
    await client.pushImage("team/other", image, "it");
    await client.pushImage("team/app", image, "it", "again");
  });
  assertEquals(steps.flatMap(({ violations }) => violations), []);
  assert(publishedIn(steps, 201).some((name) => name.includes("/team/other/")));
});
