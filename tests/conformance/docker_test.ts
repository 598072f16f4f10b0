import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { uploadsIn } from "../support/access_log.ts";
import { DockerDaemon } from "../support/docker.ts";
import { dockerArchive } from "../support/docker_archive.ts";
import { makeImage, makeIndex } from "../support/images.ts";
import { RegistryClient } from "../support/registry_client.ts";
import { startBerth } from "../support/server.ts";
import { toolTest } from "../support/tools.ts";

const image = makeImage({ family: "docker" });

toolTest({ tools: ["dockerd", "docker"] }, "docker pushes, removes and pulls", async () => {
  await using berth = await startBerth();
  await using daemon = await DockerDaemon.start();
  const reference = `${berth.host}/team/app:it`;
  const archive = daemon.folder.at("image.tar");
  await Deno.writeFile(archive, dockerArchive(image, reference));
  await daemon.docker("load", "--input", archive);
  const id = await daemon.docker("image", "inspect", "--format", "{{.Id}}", reference);

  const pushed = digestIn(await daemon.docker("push", reference));
  const uploads = uploadsIn(berth.stdout).length;
  assert(uploads > 0, "the access log shows the uploads");
  await daemon.docker("push", reference);

  await daemon.docker("image", "rm", reference);
  const pulled = await daemon.docker("pull", reference);
  assertStringIncludes(pulled, "Downloaded newer image");
  assertEquals(digestIn(pulled), pushed);
  assertEquals(await daemon.docker("image", "inspect", "--format", "{{.Id}}", reference), id);

  await berth.stop();
  assertEquals(uploadsIn(berth.stdout).length, uploads, "the second push uploaded something");
});

toolTest({ tools: ["dockerd", "docker"] }, "docker pulls its platform of an index", async () => {
  const index = makeIndex(["amd64", "arm64"], { layers: [1_000, 200_000] });
  await using berth = await startBerth();
  await using daemon = await DockerDaemon.start();
  await new RegistryClient(berth.url).pushImage("team/multi", index, "it");
  for (const platform of ["linux/arm64", "linux/amd64"]) {
    await daemon.docker("pull", "--platform", platform, `${berth.host}/team/multi:it`);
    const format = "{{.Os}}/{{.Architecture}}";
    const reference = `${berth.host}/team/multi:it`;
    const found = await daemon.docker("image", "inspect", "--format", format, reference);
    assertEquals(found.trim(), platform);
  }
});

/** The digest that push and pull print. */
function digestIn(output: string): string {
  const digest = output.match(/sha256:[0-9a-f]{64}/)?.[0];
  if (digest === undefined) throw new Error(`Cannot find a digest in: ${output}`);
  return digest;
}
