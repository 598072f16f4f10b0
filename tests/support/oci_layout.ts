import { join } from "@std/path";
import { allContent, bytesOf, type Image } from "./images.ts";

/** Writes images as an OCI image layout, the folder form that skopeo (`oci:FOLDER:NAME`) and crane take. */
export async function writeLayout(
  folder: string,
  images: Readonly<Record<string, Image>>,
): Promise<void> {
  const blobs = join(folder, "blobs", "sha256");
  await Deno.mkdir(blobs, { recursive: true });
  for (const content of Object.values(images).flatMap(allContent)) {
    await Deno.writeFile(join(blobs, hexOf(content.descriptor.digest)), content.bytes);
  }
  await Deno.writeFile(join(folder, "oci-layout"), bytesOf('{"imageLayoutVersion":"1.0.0"}'));
  const manifests = Object.entries(images).map(([name, { manifest }]) => ({
    ...manifest.descriptor,
    annotations: { "org.opencontainers.image.ref.name": name },
  }));
  const index = JSON.stringify({ schemaVersion: 2, manifests });
  await Deno.writeFile(join(folder, "index.json"), bytesOf(index));
}

/** Digests of all blobs of a layout, manifests included, sorted. */
export async function layoutDigests(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of Deno.readDir(join(folder, "blobs", "sha256"))) {
    found.push(`sha256:${name}`);
  }
  return found.sort();
}

function hexOf(digest: string): string {
  return digest.slice(digest.indexOf(":") + 1);
}
