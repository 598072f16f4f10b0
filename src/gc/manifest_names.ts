import { asDigest, type Digest } from "../oci/digest.ts";
import { readManifest } from "../oci/manifest.ts";

/** What a stored manifest needs. */
export interface ManifestNames {
  /** Blobs and manifests. */
  readonly names: ReadonlySet<Digest>;
  /** Those that it names as manifests. */
  readonly children: ReadonlySet<Digest>;
  /** Those of which it does not tell what they are. */
  readonly others: ReadonlySet<Digest>;
  /** What it belongs to, but does not need. */
  readonly subject?: Digest;
}

/** A descriptor's digest, or a layer of a schema 1 manifest, however it is spelled: Go's reader does not mind the case. */
const NAMED = /"(?:digest|blobSum)"\s*:\s*"(sha(?:256|384|512):[0-9a-f]+)"/gi;

/**
 * Everything that bytes of which the digest is right may name. Documents of types that nobody here knows are read too, by what their
 * descriptors look like: what is kept for nothing does no harm. Bytes that are no text name nothing.
 */
export function namesIn(bytes: Uint8Array): ManifestNames {
  const manifest = readManifest(bytes);
  const subject = manifest?.subject;
  const blobs = new Set(manifest?.blobs.map(({ digest }) => digest));
  const children = new Set(manifest?.children.map(({ digest }) => digest));
  const others = new Set<Digest>();
  for (const [, text = ""] of new TextDecoder().decode(bytes).matchAll(NAMED)) {
    const digest = asDigest(text);
    if (digest === undefined || digest === subject) continue;
    if (!blobs.has(digest) && !children.has(digest)) others.add(digest);
  }
  const names = new Set([...blobs, ...children, ...others]);
  return { names, children, others, ...(subject && { subject }) };
}
