import { assert, assertEquals } from "@std/assert";
import type { Digest } from "../../src/oci/digest.ts";
import { CacheWorld } from "../support/cache_world.ts";
import { name, pushImage } from "../support/content.ts";
import { makeArtifact, makeImage, noise, sha256 } from "../support/images.ts";

const image = makeImage({ layers: [100, 200] });
const { digest } = image.manifest.descriptor;

Deno.test("the catalog is what is here", async () => {
  const world = new CacheWorld({ upstreams: [{ namespace: "ghcr.io" }] });
  await pushImage(world.cache.registry.repository(name("team/app")), ["x"], ["1"]);
  world.hub.push("org/app", image, "1");
  await world.ask("/v2/ghcr.io/org/app/manifests/1");
  const { repositories } = JSON.parse((await world.ask("/v2/_catalog")).text);
  assertEquals(repositories, ["ghcr.io/org/app", "team/app"]);
  await world.close();
});

Deno.test("tags come from upstream in pages, and from here when it can't be asked", async () => {
  const world = new CacheWorld();
  world.hub.push("library/app", image, "1", "2", "3");
  const page = await world.ask("/v2/library/app/tags/list?n=2");
  assertEquals(JSON.parse(page.text), { name: "library/app", tags: ["1", "2"] });
  assertEquals(page.got("link"), '</v2/library/app/tags/list?last=2&n=2>; rel="next"');
  const next = await world.ask("/v2/library/app/tags/list?last=2&n=2");
  assertEquals([JSON.parse(next.text).tags, next.got("link")], [["3"], undefined]);
  for (const tag of ["1", "3"]) await world.ask(`/v2/library/app/manifests/${tag}`);
  world.hub.fail("failing");
  const local = await world.ask("/v2/library/app/tags/list?n=1");
  assertEquals(JSON.parse(local.text).tags, ["1"]);
  assertEquals(local.got("link"), '</v2/library/app/tags/list?last=1&n=1>; rel="next"');
  assert(local.got("warning")?.startsWith("299 - "));
  await world.close();
});

Deno.test("with nothing but digests here, a list of tags is refused rather than empty", async () => {
  const world = new CacheWorld();
  world.hub.push("library/app", image, "1");
  await world.ask(`/v2/library/app/manifests/${digest}`);
  world.hub.fail("failing");
  assertEquals((await world.ask("/v2/library/app/tags/list")).status, 502);
  await world.close();
});

Deno.test("referrers are upstream's and those that are here, each once, of the type that is asked for", async () => {
  const world = new CacheWorld();
  world.hub.push("library/app", image, "1");
  const here = makeArtifact(image, "here");
  world.hub.push("library/app", here);
  await world.ask(`/v2/library/app/manifests/${here.manifest.descriptor.digest}`);
  const target = `/v2/library/app/referrers/${digest}`;
  const { mediaType, size } = here.manifest.descriptor;
  const known = {
    ...{ mediaType, digest: here.manifest.descriptor.digest as Digest, size },
    artifactType: "application/vnd.berth.test",
  };
  const there = { ...known, digest: sha256(noise(10, 1)) as Digest };
  const other = { ...there, digest: sha256(noise(10, 2)) as Digest, artifactType: "a/b" };
  for (const one of [known, there, other]) world.hub.refer("library/app", digest, one);
  const listed = async (query = "") => {
    const got = await world.ask(target + query);
    assertEquals(got.status, 200);
    const { manifests } = JSON.parse(got.text) as { manifests: { digest: string }[] };
    return { digests: manifests.map(({ digest }) => digest), got };
  };
  const digests = (...list: { digest: string }[]) => list.map(({ digest }) => digest).sort();
  assertEquals((await listed()).digests, digests(known, there, other));
  const filtered = await listed("?artifactType=a/b");
  assertEquals(filtered.digests, digests(other));
  assertEquals(filtered.got.got("oci-filters-applied"), "artifactType");
  world.hub.fail("unreachable");
  const alone = await listed();
  assertEquals(alone.digests, digests(known));
  assert(alone.got.got("warning") !== undefined);
  await world.close();
});

Deno.test("many referrers come in pages, each of them once", async () => {
  const world = new CacheWorld();
  const all: string[] = [];
  for (let i = 0; i < 2_300; i++) {
    const one = sha256(noise(8, i)) as Digest;
    all.push(one);
    world.hub.refer("library/app", digest, { mediaType: "a/b", digest: one, size: i });
  }
  const found: string[] = [];
  let target: string | undefined = `/v2/library/app/referrers/${digest}`;
  for (let pages = 0; target !== undefined && pages < 5; pages++) {
    const got = await world.ask(target);
    found.push(...JSON.parse(got.text).manifests.map((it: { digest: string }) => it.digest));
    target = got.got("link")?.match(/<([^>]*)>/)?.[1];
  }
  assertEquals(found, all.toSorted());
  await world.close();
});
