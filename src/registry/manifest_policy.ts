import type { ChildReference, Manifest, Reference } from "../oci/manifest.ts";
import { isForeignLayer } from "../oci/media_type.ts";
import { RegistryError } from "../oci/error.ts";

/** What a pushed manifest must fulfil: the `validation` section of the configuration. */
export interface ManifestPolicy {
  /** Whether what a manifest names must be there. `none` is for sparse content: mirrors of some platforms only. */
  readonly references: "all" | "none";
  /** Which children of an index must be there. */
  readonly children: "all" | "none" | readonly Platform[];
  /** Rules for the `urls` of foreign layers; undefined: any URL will do. */
  readonly urls: UrlRules | undefined;
}

export interface Platform {
  readonly os: string;
  readonly architecture: string;
}

export interface UrlRules {
  /** At least one must match, if there are any. */
  readonly allow: readonly RegExp[];
  /** None may match. Without any rule of either kind no URL is allowed, as in distribution. */
  readonly deny: readonly RegExp[];
}

/** As distribution without a `validation` section. */
export const STRICT: ManifestPolicy = {
  references: "all",
  children: "all",
  urls: { allow: [], deny: [] },
};

/** @throws MANIFEST_INVALID when a layer's URL is not allowed (distribution: manifests.urls) */
export function checkUrls(manifest: Manifest, rules: UrlRules | undefined): void {
  if (rules === undefined) return;
  for (const layer of manifest.blobs) {
    if (!isForeignLayer(layer.mediaType)) continue;
    for (const url of layer.urls) {
      if (isAllowed(url, rules)) continue;
      throw new RegistryError("MANIFEST_INVALID", {
        detail: `invalid URL on layer ${layer.digest}: ${
          url.slice(0, 200)
        } is not allowed by validation.manifests.urls`,
      });
    }
  }
}

function isAllowed(url: string, { allow, deny }: UrlRules): boolean {
  if (allow.length + deny.length === 0) return false;
  const parsed = URL.parse(url);
  return parsed !== null && (parsed.protocol === "http:" || parsed.protocol === "https:") &&
    parsed.host !== "" &&
    parsed.hash === "" && (allow.length === 0 || allow.some((rule) => rule.test(url))) &&
    !deny.some((rule) => rule.test(url));
}

/** Blobs that must be in the repository. Foreign layers with URLs are fetched from there (as distribution v3 has it). */
export function neededBlobs(manifest: Manifest, policy: ManifestPolicy): Reference[] {
  if (policy.references === "none") return [];
  return manifest.blobs.filter((blob) => !(isForeignLayer(blob.mediaType) && blob.urls.length > 0));
}

/** Children that must be in the repository. */
export function neededChildren(manifest: Manifest, policy: ManifestPolicy): ChildReference[] {
  if (policy.references === "none" || policy.children === "none") return [];
  const wanted = policy.children;
  if (wanted === "all") return [...manifest.children];
  return manifest.children.filter((child) =>
    wanted.some((platform) =>
      platform.os === child.platform?.os && platform.architecture === child.platform?.architecture
    )
  );
}
