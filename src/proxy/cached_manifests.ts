import type { Digest } from "../oci/digest.ts";
import type { Reference } from "../oci/reference.ts";
import type {
  ManifestInfo,
  ManifestPush,
  ManifestService,
  PutResult,
  StoredManifest,
} from "../registry/registry.ts";
import type { CachedPlace } from "./cached_place.ts";
import type { Freshness } from "./freshness.ts";
import type { ManifestFetcher } from "./manifest_fetcher.ts";
import { readsOnly } from "./read_only.ts";
import { refusalOf } from "./refusals.ts";
import { UpstreamError } from "./upstream.ts";

/** By digest from here when it is here; by tag as upstream says, or as it was when that can't be asked. */
export class CachedManifests implements ManifestService {
  constructor(
    private readonly place: CachedPlace,
    private readonly manifests: ManifestFetcher,
    private readonly freshness: Freshness,
    private readonly forget: (reference: Reference) => Promise<void>,
  ) {}

  get(reference: Reference): Promise<StoredManifest> {
    return reference.kind === "tag"
      ? this.freshness.current(this.place, reference.tag)
      : this.#byDigest(reference.digest);
  }

  /** A manifest is fetched for it: upstream's HEAD doesn't tell its type for sure, and the client asks for it next. */
  async stat(reference: Reference): Promise<ManifestInfo> {
    const { digest, mediaType, bytes, warning } = await this.get(reference);
    return { digest, mediaType, size: bytes.length, ...(warning !== undefined && { warning }) };
  }

  put(_push: ManifestPush): Promise<PutResult> {
    return Promise.reject(readsOnly(this.place.owner));
  }

  /** Forgets it: the next pull fetches it again. */
  delete(reference: Reference): Promise<void> {
    return this.forget(reference);
  }

  async #byDigest(digest: Digest): Promise<StoredManifest> {
    try {
      return (await this.manifests.obtain(this.place, digest)).manifest;
    } catch (error) {
      throw error instanceof UpstreamError ? refusalOf(error) : error;
    }
  }
}
