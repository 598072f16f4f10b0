import { type Digest, digestOf } from "../../src/oci/digest.ts";
import { OCI_IMAGE, OCI_INDEX } from "../../src/oci/media_type.ts";
import { asRepositoryName, asTag, type RepositoryName, type Tag } from "../../src/oci/reference.ts";
import type { ManifestPush, Repository } from "../../src/registry/registry.ts";

export function name(text: string): RepositoryName {
  const parsed = asRepositoryName(text);
  if (parsed === undefined) throw new Error(`${text} is no repository name`);
  return parsed;
}

export function tag(text: string): Tag {
  const parsed = asTag(text);
  if (parsed === undefined) throw new Error(`${text} is no tag`);
  return parsed;
}

export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** The pieces of a body, each in a buffer of its own as a socket gives them. */
export async function* chunks(
  ...texts: readonly string[]
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (const text of texts) {
    await Promise.resolve();
    yield utf8(text);
  }
}

export async function sha256(text: string): Promise<Digest> {
  return await digestOf("sha256", utf8(text));
}

export async function pushBlob(
  repository: Repository,
  text: string,
  digest?: Digest,
): Promise<Digest> {
  const named = digest ?? await sha256(text);
  const upload = await repository.blobs.startUpload();
  await upload.commit(named, chunks(text));
  return named;
}

/** An image with these layers, its config being `{}`; nothing is pushed. */
export async function imageOf(
  layers: readonly Digest[],
  extra: Record<string, unknown> = {},
): Promise<ManifestPush> {
  const config = {
    mediaType: "application/vnd.oci.image.config.v1+json",
    digest: await sha256("{}"),
    size: 2,
  };
  return manifestPush(OCI_IMAGE, {
    config,
    layers: layers.map((digest) => ({
      mediaType: "application/vnd.oci.image.layer.v1.tar",
      digest,
      size: 1,
    })),
    ...extra,
  });
}

export function indexOf(
  children: readonly Digest[],
  extra: Record<string, unknown> = {},
): ManifestPush {
  return manifestPush(OCI_INDEX, {
    manifests: children.map((digest) => ({ mediaType: OCI_IMAGE, digest, size: 1 })),
    ...extra,
  });
}

function manifestPush(mediaType: string, fields: Record<string, unknown>): ManifestPush {
  return {
    bytes: utf8(JSON.stringify({ schemaVersion: 2, mediaType, ...fields })),
    contentType: mediaType,
    tags: [],
  };
}

/** Pushes config and layers, then the manifest. */
export async function pushImage(
  repository: Repository,
  layers: readonly string[],
  tags: readonly string[] = [],
  extra: Record<string, unknown> = {},
): Promise<Digest> {
  await pushBlob(repository, "{}");
  const digests: Digest[] = [];
  for (const layer of layers) digests.push(await pushBlob(repository, layer));
  const push = await imageOf(digests, extra);
  return (await repository.manifests.put({ ...push, tags: tags.map(tag) })).digest;
}
