import { assertEquals } from "@std/assert";
import type { Digest } from "../../src/oci/digest.ts";
import { isComplete } from "../../src/proxy/completeness.ts";
import { imageOf, indexOf, name, pushBlob, pushImage, utf8 } from "../support/content.ts";
import { FakeRegistry, sha256 } from "../support/fake_registry.ts";

const ABSENT = sha256("absent");

function repository() {
  return new FakeRegistry().repository(name("r"));
}

async function complete(
  local: ReturnType<typeof repository>,
  push: { bytes: Uint8Array<ArrayBuffer> },
): Promise<boolean> {
  const { bytes } = push;
  return await isComplete(local, { digest: ABSENT, mediaType: "", bytes });
}

Deno.test("an image is complete when its config and all of its layers are here", async () => {
  const local = repository();
  const layer = await pushBlob(local, "layer");
  assertEquals(await complete(local, await imageOf([layer])), false, "without its config");
  await pushBlob(local, "{}");
  assertEquals(await complete(local, await imageOf([layer])), true);
  assertEquals(await complete(local, await imageOf([layer, layer])), true);
  assertEquals(await complete(local, await imageOf([layer, ABSENT])), false);
});

Deno.test("layers that clients fetch elsewhere need not be here", async () => {
  const local = repository();
  await pushBlob(local, "{}");
  const mediaType = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
  const layers = [{ mediaType, digest: ABSENT, size: 1, urls: ["https://example.com/x"] }];
  assertEquals(await complete(local, await imageOf([], { layers })), true);
});

Deno.test("an index is complete when one of its images is, attestations aside", async () => {
  const local = repository();
  const child = await pushImage(local, ["layer"]);
  assertEquals(await complete(local, indexOf([ABSENT])), false);
  assertEquals(await complete(local, indexOf([ABSENT, child])), true);
  const attestation = (digest: Digest) => ({
    ...{ mediaType: "a/b", digest, size: 1 },
    platform: { os: "unknown", architecture: "unknown" },
  });
  assertEquals(await complete(local, indexOf([], { manifests: [attestation(child)] })), false);
  const nested = await local.manifests.put(indexOf([child]));
  assertEquals(await complete(local, indexOf([nested.digest])), true);
  assertEquals(await complete(local, indexOf([])), true, "nothing is missing of nothing");
});

Deno.test("an index that names itself or thousands has an end", async () => {
  const local = repository();
  const many = Array.from({ length: 5_000 }, (_, i) => sha256(String(i)));
  assertEquals(await complete(local, indexOf(many)), false);
  assertEquals(await complete(local, indexOf([ABSENT, ABSENT])), false);
});

Deno.test("what is no manifest is not complete", async () => {
  assertEquals(await complete(repository(), { bytes: utf8("no json") }), false);
});
