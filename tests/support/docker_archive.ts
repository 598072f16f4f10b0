import { bytesOf, type Image } from "./images.ts";
import { tar } from "./tar.ts";

/** An image as the archive that `docker load` reads, named `reference`. */
export function dockerArchive(image: Image, reference: string): Uint8Array<ArrayBuffer> {
  const [config, ...layers] = image.blobs;
  if (config === undefined) throw new Error("Cannot archive an image without a config");
  const layerNames = layers.map((_, index) => `layer-${index}.tar`);
  const manifest = [{ Config: "config.json", RepoTags: [reference], Layers: layerNames }];
  return tar([
    { name: "config.json", content: config.bytes },
    ...layers.map(({ bytes }, index) => ({ name: `layer-${index}.tar`, content: bytes })),
    { name: "manifest.json", content: bytesOf(JSON.stringify(manifest)) },
  ]);
}
