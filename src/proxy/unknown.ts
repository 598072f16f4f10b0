import type { Digest } from "../oci/digest.ts";
import { RegistryError } from "../oci/error.ts";
import type { RepositoryName, Tag } from "../oci/reference.ts";

// In the words of the local registry: whether it is a cache makes no difference to what isn't there.

export function unknownManifest(name: RepositoryName, digest: Digest): RegistryError {
  const detail = `unknown manifest name=${name} revision=${digest}`;
  return new RegistryError("MANIFEST_UNKNOWN", { detail });
}

export function unknownTag(tag: Tag): RegistryError {
  return new RegistryError("MANIFEST_UNKNOWN", { detail: `unknown tag=${tag}` });
}

export function unknownBlob(digest: Digest): RegistryError {
  return new RegistryError("BLOB_UNKNOWN", { detail: digest });
}

export function unknownName(name: RepositoryName): RegistryError {
  return new RegistryError("NAME_UNKNOWN", { detail: { name } });
}

/** What the work comes to; undefined when what it looks for isn't there. */
export async function orUndefined<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isUnknown(error)) return undefined;
    throw error;
  }
}

/** Whether it says that something isn't there. */
export function isUnknown(error: unknown): boolean {
  return error instanceof RegistryError && error.status === 404;
}
