import type { Descriptor } from "../oci/descriptor.ts";
import { asDigest } from "../oci/digest.ts";
import { isObject, type JsonObject } from "./json_document.ts";

const MEDIA_TYPE = /^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}$/;

/** The descriptors of an index; what is none is left out. */
export function descriptorsOf(index: JsonObject): Descriptor[] {
  return Array.isArray(index.manifests) ? index.manifests.flatMap((each) => read(each) ?? []) : [];
}

function read(value: unknown): Descriptor | undefined {
  if (!isObject(value)) return undefined;
  const { mediaType, size, artifactType } = value;
  const digest = typeof value.digest === "string" ? asDigest(value.digest) : undefined;
  if (digest === undefined || typeof mediaType !== "string" || !MEDIA_TYPE.test(mediaType)) {
    return undefined;
  }
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) return undefined;
  const annotations = annotationsOf(value.annotations);
  return {
    mediaType,
    digest,
    size,
    ...(typeof artifactType === "string" && artifactType !== "" && { artifactType }),
    ...(annotations !== undefined && { annotations }),
  };
}

function annotationsOf(value: unknown): Record<string, string> | undefined {
  if (!isObject(value)) return undefined;
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] =>
      typeof entry[1] === "string"
    ),
  );
}
