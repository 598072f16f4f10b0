import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { tar, type TarEntry } from "./tar.ts";

/** Media types of the two families of images. */
export const mediaTypes = {
  oci: {
    manifest: "application/vnd.oci.image.manifest.v1+json",
    index: "application/vnd.oci.image.index.v1+json",
    config: "application/vnd.oci.image.config.v1+json",
    layer: "application/vnd.oci.image.layer.v1.tar+gzip",
  },
  docker: {
    manifest: "application/vnd.docker.distribution.manifest.v2+json",
    index: "application/vnd.docker.distribution.manifest.list.v2+json",
    config: "application/vnd.docker.container.image.v1+json",
    layer: "application/vnd.docker.image.rootfs.diff.tar.gzip",
  },
} as const;

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly [field: string]: unknown;
}

/** Bytes with their descriptor. */
export interface Content {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A manifest with all that it names. */
export interface Image {
  readonly manifest: Content;
  /** Config and layers; empty for an index. */
  readonly blobs: readonly Content[];
  /** The manifests that an index names. */
  readonly children: readonly Image[];
}

export interface ImageOptions {
  readonly family?: "oci" | "docker";
  /** Uncompressed bytes of payload of each layer; default three small ones. */
  readonly layers?: readonly number[];
  /** Other seeds give other bytes. */
  readonly seed?: number;
  readonly architecture?: string;
  /** Files for the first layer, beside its payload: a program to run. */
  readonly files?: readonly TarEntry[];
  readonly command?: readonly string[];
  /** Of gzip, default 1; 0 stores, for large layers. */
  readonly level?: number;
}

/** An image with real tar layers; the same options give the same bytes. */
export function makeImage(options: ImageOptions = {}): Image {
  const { layers = [2_000, 40_000, 300_000], seed = 1, architecture = "amd64" } = options;
  const types = mediaTypes[options.family ?? "oci"];
  const archives = layers.map((size, index) =>
    tar([
      ...(index === 0 ? options.files ?? [] : []),
      { name: `layer-${index}.bin`, content: noise(size, seed * 1_000 + index) },
    ])
  );
  const config = json(types.config, {
    architecture,
    os: "linux",
    config: { Cmd: options.command ?? ["/layer-0.bin"] },
    rootfs: { type: "layers", diff_ids: archives.map(sha256) },
    history: layers.map((_, index) => ({ created_by: `layer ${index}` })),
  });
  const blobs = archives.map((archive) =>
    content(types.layer, new Uint8Array(gzipSync(archive, { level: options.level ?? 1 })))
  );
  const manifest = json(types.manifest, {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: config.descriptor,
    layers: blobs.map(({ descriptor }) => descriptor),
  });
  return { manifest, blobs: [config, ...blobs], children: [] };
}

/** An index of one image per architecture, on linux. */
export function makeIndex(
  architectures: readonly string[] = ["amd64", "arm64"],
  options: ImageOptions = {},
): Image {
  const children = architectures.map((architecture, index) =>
    makeImage({ ...options, architecture, seed: (options.seed ?? 1) + index + 1 })
  );
  const types = mediaTypes[options.family ?? "oci"];
  const manifest = json(types.index, {
    schemaVersion: 2,
    mediaType: types.index,
    manifests: children.map(({ manifest }, index) => ({
      ...manifest.descriptor,
      platform: { architecture: architectures[index], os: "linux" },
    })),
  });
  return { manifest, blobs: [], children };
}

/** An artifact (an SBOM, say) about another manifest. */
export function makeArtifact(subject: Image, text = "an artifact"): Image {
  const empty = content("application/vnd.oci.empty.v1+json", bytesOf("{}"));
  const blob = content("text/plain", bytesOf(text));
  const manifest = json(mediaTypes.oci.manifest, {
    schemaVersion: 2,
    mediaType: mediaTypes.oci.manifest,
    artifactType: "application/vnd.berth.test",
    config: empty.descriptor,
    layers: [blob.descriptor],
    subject: subject.manifest.descriptor,
  });
  return { manifest, blobs: [empty, blob], children: [] };
}

/** Every distinct blob and manifest of an image, its children included. */
export function allContent(image: Image): Content[] {
  const found = new Map<string, Content>();
  const add = (content: Content) => found.set(content.descriptor.digest, content);
  const visit = ({ blobs, children, manifest }: Image) => {
    blobs.forEach(add);
    children.forEach(visit);
    add(manifest);
  };
  visit(image);
  return [...found.values()];
}

/** Bytes that do not compress and that depend on the arguments alone (xorshift32). */
export function noise(size: number, seed: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(size / 4));
  let state = (seed * 2_654_435_761 + 88_675_123) >>> 0 || 1;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return new Uint8Array(words.buffer).subarray(0, size);
}

export function sha256(bytes: Uint8Array<ArrayBuffer>): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

export function content(mediaType: string, bytes: Uint8Array<ArrayBuffer>): Content {
  return { descriptor: { mediaType, digest: sha256(bytes), size: bytes.length }, bytes };
}

export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function json(mediaType: string, value: unknown): Content {
  return content(mediaType, bytesOf(JSON.stringify(value)));
}
