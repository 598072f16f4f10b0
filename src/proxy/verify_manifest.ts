import { algorithmOf, type Digest, digestOf } from "../oci/digest.ts";
import { readManifest } from "../oci/manifest.ts";
import { type FetchedManifest, UpstreamError } from "./upstream.ts";

/** In bytes, as for a pushed one. */
const MOST_BYTES = 4 * 1024 * 1024;
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/;

/**
 * The last look at a manifest before it is kept and answered, whoever fetched it and how.
 * @throws UpstreamError `lying`
 */
export async function verifyManifest(
  upstream: string,
  digest: Digest,
  { bytes, mediaType }: FetchedManifest,
): Promise<void> {
  const problem = bytes.length > MOST_BYTES
    ? `it sent a manifest of more than ${MOST_BYTES} bytes`
    : !MEDIA_TYPE.test(mediaType)
    ? "it sent a manifest whose type is none"
    : await digestOf(algorithmOf(digest), bytes) !== digest
    ? `it sent a manifest that is not ${digest}`
    : readManifest(bytes) === undefined
    ? `what it sent as ${digest} is no manifest`
    : undefined;
  if (problem !== undefined) throw new UpstreamError(upstream, "lying", problem);
}
