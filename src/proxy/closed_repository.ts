import type { RegistryError } from "../oci/error.ts";
import type { Reference, RepositoryName } from "../oci/reference.ts";
import type { Repository } from "../registry/registry.ts";
import { unknownName } from "./unknown.ts";

/**
 * A repository that the rules of its upstream keep out: it isn't there, and nobody is asked for it. What was cached of it before can
 * still be forgotten.
 */
export function closedRepository(
  name: RepositoryName,
  forget: (reference: Reference) => Promise<void>,
): Repository {
  const no = (): Promise<never> => Promise.reject<never>(unknown());
  const unknown = (): RegistryError => unknownName(name);
  return {
    name,
    blobs: { stat: no, open: no, delete: no, startUpload: no, resumeUpload: no, mount: no },
    manifests: { get: no, stat: no, put: no, delete: forget },
    tags: { list: no },
    referrers: { list: no },
  };
}
