import { RegistryError } from "../oci/error.ts";
import type { CachedUpstream } from "./cached_place.ts";

/** What whoever pushes here is told; 405 as distribution's proxy. */
export function readsOnly({ upstream }: CachedUpstream): RegistryError {
  return new RegistryError("UNSUPPORTED", {
    detail:
      `Cannot push here: this is a cache of ${upstream.name}; push to ${upstream.name} itself, or have proxy.push.enabled turned on here`,
  });
}

export function keepsBlobs({ upstream }: CachedUpstream): RegistryError {
  return new RegistryError("UNSUPPORTED", {
    detail:
      `Cannot delete the blob: this is a cache of ${upstream.name}; delete the manifest that names it, and the blob goes with it`,
  });
}
