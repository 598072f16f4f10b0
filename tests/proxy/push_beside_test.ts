import { assertEquals, assertRejects } from "@std/assert";
import { RegistryError } from "../../src/oci/error.ts";
import { pushBeside } from "../../src/proxy/push_beside.ts";
import type { Repository } from "../../src/registry/registry.ts";
import { name, pushBlob, pushImage, sha256, tag } from "../support/content.ts";
import { FetchedWorld } from "../support/fetched_world.ts";

const R = name("hub/app");

/** What an upstream would be asked for; here it has nothing, and says by whom it was asked. */
function upstream(asked: string[]): Repository {
  const ask = (what: string) => () => {
    asked.push(what);
    return Promise.reject<never>(new RegistryError("MANIFEST_UNKNOWN"));
  };
  return {
    name: R,
    blobs: {
      ...{ stat: ask("blob"), open: ask("blob"), delete: ask("blob") },
      ...{ startUpload: ask("upload"), resumeUpload: ask("upload"), mount: ask("mount") },
    },
    manifests: { get: ask("manifest"), stat: ask("manifest"), put: ask("put"), delete: ask("it") },
    tags: { list: ask("tags") },
    referrers: { list: ask("referrers") },
  };
}

function beside(world: FetchedWorld, asked: string[]): Repository {
  return pushBeside({
    local: world.repository(R),
    cached: upstream(asked),
    marks: world.origins,
  });
}

Deno.test("upstream is asked until the first push, and never again, also by a server that starts later", async () => {
  const world = new FetchedWorld();
  const asked: string[] = [];
  const tagged = { kind: "tag", tag: tag("it") } as const;
  await assertRejects(() => beside(world, asked).manifests.get(tagged), RegistryError);
  assertEquals(asked, ["manifest"]);
  const digest = await pushImage(beside(world, asked), ["layer"], ["it"]);
  for (const repository of [beside(world, asked), beside(world, asked)]) {
    assertEquals((await repository.manifests.get(tagged)).digest, digest);
    assertEquals((await repository.tags.list({ limit: 9, last: "" })).entries, [tag("it")]);
    assertEquals((await repository.referrers.list(digest)).entries, []);
    await assertRejects(async () => await repository.blobs.stat(await sha256("no")), RegistryError);
  }
  assertEquals(asked, ["manifest"]);
});

Deno.test("the repository is local before an upload begins", async () => {
  const world = new FetchedWorld();
  await (await beside(world, []).blobs.startUpload()).cancel();
  assertEquals(await world.origins.isLocal(R), true);
});

Deno.test("nobody can push into a repository that holds what was fetched", async () => {
  const world = new FetchedWorld();
  await world.fetch(R, ["layer"]);
  const error = await assertRejects(() => pushBlob(beside(world, []), "mine"), RegistryError);
  assertEquals([error.code, error.status], ["UNSUPPORTED", 405]);
  assertEquals(await world.origins.isLocal(R), false);
});
